/** One waiting alarm in the list. */

import { html } from "../html.js";
import { clock, millis, minute } from "../time.js";
import { Component } from "../vendor/preact.module.js";
import { t } from "../words.js";
import { Age } from "./clock.js";
import { className, notes, place, what, why } from "./facts.js";
import { Shape } from "./shape.js";

/**
 * @typedef {object} Props
 * @property {import("../types.js").Row} row
 * @property {number|undefined} index its place in the list, from 1, told only in a windowed list: where all rows are in
 *   the page their order says it, and a row that merely moved is not drawn again
 * @property {boolean} selected
 * @property {boolean} pending a claim is on its way
 * @property {boolean} mayClaim
 * @property {string} words the language: a change draws everything again
 * @property {import("./facts.js").Kinds} kinds
 * @property {(alarm: number) => void} onSelect
 * @property {(alarm: number) => void} onClaim
 */

/** Drawn again only when its row, its place or its marks changed. @extends {Component<Props>} */
export class WaitingRow extends Component {
  /** @param {Props} next */
  shouldComponentUpdate(next) {
    const now = this.props;
    return (
      next.row !== now.row || next.index !== now.index || next.selected !== now.selected ||
      next.pending !== now.pending || next.words !== now.words || next.mayClaim !== now.mayClaim
    );
  }

  render() {
    const { row, index, selected, pending, mayClaim, kinds, words, onSelect, onClaim } = this.props;
    const now = clock.now();
    return html`<div
      class=${`row ${row.class}${selected ? " selected" : ""}`} role="row" id=${`alarm-${row.alarm}`}
      data-alarm=${row.alarm} aria-selected=${selected} aria-rowindex=${index}
      onClick=${() => onSelect(row.alarm)}
    >
      <div class="row-shape" role="gridcell"><${Shape} of=${row.class} /><span class="row-class">${className(row.class)}</span></div>
      <div class="row-main" role="gridcell">
        <div class="row-what">${what(row, kinds)}</div>
        <div class="row-where"><b>${place(row)}</b> · ${t("received", minute(millis(row.received), now))} · ${row.device}</div>
        <div class="row-notes">
          <span class="why">${why(row)}</span>
          ${notes(row, kinds, now).map(({ key, text, grave }) => html`<span key=${key} class=${grave ? "chip grave" : "chip"}>${text}</span>`)}
        </div>
      </div>
      <div class="row-age" role="gridcell"><${Age} since=${row.since} of=${row.class} waiting=${true} words=${words} /></div>
      <div class="row-act" role="gridcell">${mayClaim && html`<button
        type="button" class="claim" tabindex="-1" disabled=${pending} aria-label=${`${t("claim")}: ${what(row, kinds)}, ${place(row)}`}
        onClick=${(/** @type {Event} */ event) => { event.stopPropagation(); onClaim(row.alarm); }}
      >${pending ? t("claiming") : t("claim")}</button>`}</div>
    </div>`;
  }
}
