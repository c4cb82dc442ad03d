/**
 * The waiting list. It holds still under the operator's hands: while keys or mouse were used lately, the row he
 * stands on keeps its place on the screen and what is new above is named on the edge; afterwards the list goes back
 * to its top by itself. A long list draws only a window, with rows of one height.
 */

import { html } from "../html.js";
import { HANDS_ON, WINDOW_FROM, WINDOW_SPARE } from "../limits.js";
import { windowOf } from "../store.js";
import { Component, createRef } from "../vendor/preact.module.js";
import { t } from "../words.js";
import { what, place } from "./facts.js";
import { WaitingRow } from "./row.js";
import { Shape } from "./shape.js";

/** @typedef {import("../types.js").Row} Row */
/**
 * @typedef {object} Props
 * @property {readonly Row[]} rows
 * @property {number|null} selected
 * @property {ReadonlySet<number>} pending
 * @property {boolean} mayClaim
 * @property {boolean} connected a picture has come
 * @property {() => number} idle ms since keys or mouse were used
 * @property {string} words
 * @property {import("./facts.js").Kinds} kinds
 * @property {(alarm: number) => void} onSelect
 * @property {(alarm: number) => void} onClaim
 */
/** @typedef {{alarm: number, offset: number}} Anchor */

/** After rows moved, a click this soon was aimed at what stood there before: it selects, and claims nothing. */
const AIM = 400;

/** @extends {Component<Props, {top: number, height: number}>} */
export class Waiting extends Component {
  /** @type {import("../vendor/preact.module.js").Ref<HTMLElement>} */
  area = createRef();
  state = { top: 0, height: 0 };
  /** The one height of rows in a windowed list, as the style sheet says. */
  rowHeight = 0;
  movedAt = -Infinity;
  /** Where the list began on the screen when last drawn: a band above it moves it too. */
  began = 0;
  /** Alarms seen at or below the top edge at some time; the rest above it are new. @type {Set<number>} */
  known = new Set();
  resized = new ResizeObserver(() => this.measure());

  /** @param {number} alarm */
  claim = (alarm) => {
    const moved = performance.now() - this.movedAt < AIM;
    if (moved) this.props.onSelect(alarm);
    else this.props.onClaim(alarm);
  };

  onScroll = () => this.setState({ top: this.area.current?.scrollTop ?? 0 });

  componentDidMount() {
    if (this.area.current) this.resized.observe(this.area.current);
    this.measure();
  }

  componentWillUnmount() {
    this.resized.disconnect();
  }

  measure() {
    const area = this.area.current;
    if (!area) return;
    this.rowHeight = Number.parseFloat(getComputedStyle(area).getPropertyValue("--row-px")) || 96;
    this.setState({ height: area.clientHeight, top: area.scrollTop });
  }

  get windowed() {
    return this.props.rows.length > WINDOW_FROM;
  }

  /** Top and height of a row in the list, drawn or not. @param {number} alarm @param {readonly Row[]} rows */
  boxOf(alarm, rows) {
    if (rows.length > WINDOW_FROM) {
      const at = rows.findIndex((row) => row.alarm === alarm);
      return at < 0 ? null : { top: at * this.rowHeight, height: this.rowHeight };
    }
    const element = document.getElementById(`alarm-${alarm}`);
    return element ? { top: element.offsetTop, height: element.offsetHeight } : null;
  }

  /** Before new rows are drawn: which row must keep its place. @param {Props} before @returns {Anchor|null} */
  getSnapshotBeforeUpdate(before) {
    const area = this.area.current;
    if (!area || before.rows === this.props.rows || this.props.idle() > HANDS_ON) return null;
    const inSight = (/** @type {{top:number, height:number}|null} */ box) =>
      box !== null && box.top + box.height > area.scrollTop && box.top < area.scrollTop + area.clientHeight;
    const stays = new Set(this.props.rows.map((row) => row.alarm));
    const { selected } = this.props;
    if (selected !== null && stays.has(selected)) {
      const box = this.boxOf(selected, before.rows);
      if (box && inSight(box)) return { alarm: selected, offset: box.top - area.scrollTop };
    }
    if (area.scrollTop === 0) return null;
    for (const row of before.rows) {
      const box = stays.has(row.alarm) ? this.boxOf(row.alarm, before.rows) : null;
      if (box && box.top >= area.scrollTop) return { alarm: row.alarm, offset: box.top - area.scrollTop };
    }
    return null;
  }

  /** @param {Props} before @param {unknown} _state @param {unknown} [snapshot] */
  componentDidUpdate(before, _state, snapshot) {
    const area = this.area.current;
    if (!area) return;
    const began = area.getBoundingClientRect().top;
    const other = before.rows !== this.props.rows && before.rows.some((row, at) => row.alarm !== this.props.rows[at]?.alarm);
    if (other || began !== this.began) this.movedAt = performance.now();
    this.began = began;
    if (before.rows !== this.props.rows) {
      this.hold(area, /** @type {Anchor|null} */ (snapshot ?? null));
    }
    if (before.selected !== this.props.selected) this.reveal(area);
    this.learn(area);
  }

  /** @param {HTMLElement} area @param {Anchor|null} anchor */
  hold(area, anchor) {
    const box = anchor && this.boxOf(anchor.alarm, this.props.rows);
    if (anchor && box) this.scrollTo(area, box.top - anchor.offset);
    else if (this.props.idle() > HANDS_ON) this.scrollTo(area, 0);
  }

  /** The selected row moved by key: bring it in sight. @param {HTMLElement} area */
  reveal(area) {
    const box = this.props.selected === null ? null : this.boxOf(this.props.selected, this.props.rows);
    if (!box) return;
    if (box.top < area.scrollTop) this.scrollTo(area, box.top);
    else if (box.top + box.height > area.scrollTop + area.clientHeight)
      this.scrollTo(area, box.top + box.height - area.clientHeight);
  }

  /** @param {HTMLElement} area @param {number} top */
  scrollTo(area, top) {
    if (Math.abs(area.scrollTop - top) < 1) return;
    area.scrollTop = top;
    if (area.scrollTop !== this.state.top) this.setState({ top: area.scrollTop });
  }

  /** Rows at or below the top edge have been before his eyes; forget those that left the list. @param {HTMLElement} area */
  learn(area) {
    if (area.scrollTop === 0) {
      this.known = new Set(this.props.rows.map((row) => row.alarm));
      return;
    }
    const above = new Set(this.above(area).map((row) => row.alarm));
    this.known = new Set(
      this.props.rows.filter((row) => this.known.has(row.alarm) || !above.has(row.alarm)).map((row) => row.alarm),
    );
  }

  /** Rows wholly above the top edge. @param {HTMLElement} area @returns {readonly Row[]} */
  above(area) {
    const { rows } = this.props;
    if (rows.length > WINDOW_FROM) return rows.slice(0, Math.floor(area.scrollTop / this.rowHeight));
    const first = rows.findIndex((row) => {
      const box = this.boxOf(row.alarm, rows);
      return box === null || box.top + box.height > area.scrollTop;
    });
    return rows.slice(0, first < 0 ? rows.length : first);
  }

  /** What is new above the edge, its most urgent in full words. */
  edge() {
    const area = this.area.current;
    if (!area || area.scrollTop === 0) return null;
    const fresh = this.above(area).filter((row) => !this.known.has(row.alarm));
    const [first] = fresh;
    if (!first) return null;
    return html`<button type="button" class=${`edge ${first.class}`} onClick=${() => this.scrollTo(area, 0)}>
      <${Shape} of=${first.class} />
      <b>${t("new_above", fresh.length)}:</b> ${what(first, this.props.kinds)}, ${place(first)}
      <span class="key">Home</span>
    </button>`;
  }

  render() {
    const { rows, selected, pending, mayClaim, kinds, words, onSelect, connected } = this.props;
    const view = this.windowed
      ? windowOf({ count: rows.length, ...this.state, row: this.rowHeight || 96, spare: WINDOW_SPARE })
      : { from: 0, to: rows.length };
    const pad = (/** @type {number} */ count) =>
      html`<div role="presentation" style=${{ height: `${this.windowed ? count * this.rowHeight : 0}px` }}></div>`;
    return html`<div class="list-frame">
      ${this.edge()}
      <div
        ref=${this.area} id="waiting" class=${this.windowed ? "list windowed" : "list"} data-scroll role="grid" tabindex="0"
        aria-label=${t("waiting")} aria-rowcount=${rows.length} onScroll=${this.onScroll}
        aria-activedescendant=${rows.some((row) => row.alarm === selected) ? `alarm-${selected}` : undefined}
      >
        ${pad(view.from)}
        ${rows.slice(view.from, view.to).map((row, at) => html`<${WaitingRow}
          key=${row.alarm} row=${row} index=${this.windowed ? view.from + at + 1 : undefined} selected=${row.alarm === selected}
          pending=${pending.has(row.alarm)} mayClaim=${mayClaim} kinds=${kinds} words=${words}
          onSelect=${onSelect} onClaim=${this.claim}
        />`)}
        ${pad(rows.length - view.to)}
      </div>
      ${rows.length === 0 && html`<div class="calm">
        <p>${t(connected ? "none_waiting" : "connecting")}</p>
        ${connected && html`<p class="quiet">${t("none_waiting_more")}</p>`}
      </div>`}
    </div>`;
  }
}
