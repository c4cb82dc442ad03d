/** The operator's own alarms: the chosen one in full, the others as tabs. */

import { html } from "../html.js";
import { clock, millis, minute, second } from "../time.js";
import { t, maybe } from "../words.js";
import { Age } from "./clock.js";
import { CloseForm } from "./close.js";
import { className, kindWords, notes, place, what, why } from "./facts.js";
import { Shape } from "./shape.js";

/** @typedef {import("../types.js").Row} Row */
/** @typedef {import("../desk.js").Desk} Desk */

/** @param {{desk: Desk}} props */
export function Mine({ desk }) {
  const { mine } = desk.state;
  const chosen = desk.chosenRow();
  return html`<section class=${chosen ? "mine has" : "mine"} aria-label=${t("mine")}>
    <h2>${t("mine")}${mine.length > 1 && html` <span class="count">${mine.length}</span> <span class="key">M</span>`}</h2>
    ${mine.length > 1 && html`<div class="tabs">${mine.map((row) => html`<button key=${row.alarm} type="button"
      class="tab" aria-pressed=${row === chosen} onClick=${() => desk.choose(row.alarm)}>
      <${Shape} of=${row.class} /> ${what(row, desk.kinds)} <span class="quiet">${row.device}</span></button>`)}</div>`}
    ${chosen ? html`<${Card} key=${chosen.alarm} row=${chosen} desk=${desk} />` : html`<div class="calm small">
      <p>${t("none_mine")}</p>
      ${desk.mayAct && html`<p class="quiet">${t("none_mine_more")}</p>`}
    </div>`}
  </section>`;
}

/** @param {{row: Row, desk: Desk}} props */
function Card({ row, desk }) {
  const now = clock.now();
  return html`<article class=${`card ${row.class}`}>
    <header>
      <${Shape} of=${row.class} />
      <div class="card-what"><h3>${what(row, desk.kinds)}</h3><span class="row-class">${className(row.class)}</span></div>
      <${Age} since=${row.since} of=${row.class} waiting=${false} words=${desk.words} />
    </header>
    <p class="card-where">${place(row)}</p>
    <p class="why">${why(row)}</p>
    <div class="row-notes">${notes(row, desk.kinds, now).map(({ key, text, grave }) =>
      html`<span key=${key} class=${grave ? "chip grave" : "chip"}>${text}</span>`)}</div>
    ${desk.closing === row.alarm && desk.codes
      ? html`<${CloseForm} alarm=${row.alarm} draft=${desk.draft(row.alarm)} codes=${desk.codes} words=${desk.words}
          pending=${desk.pending.has(row.alarm)} current=${() => desk.draft(row.alarm)} onDraft=${desk.setDraft} onClose=${desk.close} onBack=${desk.endClosing} />`
      : html`<div class="buttons">
          <button type="button" class="primary" disabled=${desk.pending.has(row.alarm)} onClick=${desk.startClosing}>${t("close")} <span class="key">C</span></button>
          <button type="button" disabled=${desk.pending.has(row.alarm)} onClick=${desk.release}>${desk.armed === row.alarm ? t("release_again") : t("release")} <span class="key">R</span></button>
        </div>`}
    <${Facts} row=${row} desk=${desk} now=${now} />
  </article>`;
}

/** @param {{row: Row, desk: Desk, now: number}} props */
function Facts({ row, desk, now }) {
  const details = desk.details.get(row.alarm);
  const opened = details === "failed" ? undefined : details;
  return html`<dl class="facts">
      <dt>${t("device")}</dt><dd>${row.device}</dd>
      ${opened?.person?.text.map(([name, value]) => html`<dt>${name}</dt><dd class="person">${value}</dd>`)}
      <dt>${t("person_id")}</dt><dd>${row.person ?? t("unknown_person")}</dd>
      <dt>${t("municipality")}</dt><dd>${place(row)} (${row.municipality})</dd>
      <dt>${t("sender")}</dt><dd>${maybe(`sender_${row.sender}`) ?? row.sender}</dd>
      <dt>${t("path")}</dt><dd>${row.path.replaceAll("_", "/").toUpperCase()}</dd>
    </dl>
    <h4>${t("signals")}</h4>
    ${details === undefined && html`<p class="quiet">${t("details_loading")}</p>`}
    ${details === "failed" && html`<p class="missing">${t("details_failed")}
      <button type="button" onClick=${() => desk.fetchDetails(row.alarm)}>${t("try_again")}</button></p>`}
    ${details !== undefined && details !== "failed" && html`<ol class="signals">
      ${details.signals.map((detail) => html`<${Signal} key=${detail.seq} detail=${detail} desk=${desk} now=${now} />`)}
    </ol>`}`;
}

/** @param {{detail: import("../types.js").Detail, desk: Desk, now: number}} props */
function Signal({ detail, desk, now }) {
  return html`<li>
    <p><b>${second(millis(detail.received))}</b> ${kindWords(desk.kinds, detail.kind, String(detail.kind))}
      ${detail.happened !== null && html`<span class="quiet"> · ${t("happened", minute(millis(detail.happened), now))}</span>`}</p>
    <dl class="facts">
      ${detail.text.map(([name, value]) => html`<dt>${name.charAt(0).toUpperCase() + name.slice(1)}</dt><dd>${value}</dd>`)}
      ${detail.reference && html`<dt>${t("reference")}</dt><dd>${detail.reference}</dd>`}
    </dl>
    ${detail.raw !== null && html`<details><summary>${t("raw")}</summary><pre tabindex="0">${detail.raw}</pre></details>`}
  </li>`;
}
