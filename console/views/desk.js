/** @param {import("../desk.js").Desk} desk */
function noticeLook({ notice, sounds }) {
  if (notice) return notice.grave ? "grave" : "";
  return sounds ? "none" : "warn";
}

/** The whole page of one who is logged in. */

import { html } from "../html.js";
import { t } from "../words.js";
import { Bands, Purpose } from "./bands.js";
import { Help } from "./help.js";
import { History } from "./history.js";
import { LetIn } from "./letin.js";
import { Mine } from "./mine.js";
import { Others } from "./others.js";
import { Top } from "./top.js";
import { Waiting } from "./waiting.js";

/** @param {{desk: import("../desk.js").Desk}} props */
export function DeskView({ desk }) {
  const shut = () => desk.open(null);
  return html`<div class=${desk.lostAt === null ? "desk" : "desk old"}>
    <${Purpose} purpose=${desk.purpose} />
    <${Bands} desk=${desk} />
    <${Top} desk=${desk} />
    <p class=${`notice ${noticeLook(desk)}`}>
      <span role="status">${desk.notice?.text ?? (desk.sounds ? "" : t("sound_unblock"))}</span>
      ${desk.notice && html`<button type="button" class="switch" onClick=${desk.hush}>${t("shut")} <span class="key">Esc</span></button>`}
    </p>
    <main>
      <section class="waiting" aria-label=${t("waiting")}>
        <${Waiting} rows=${desk.state.waiting} selected=${desk.selection.alarm} pending=${desk.pending}
          mayClaim=${desk.mayAct} connected=${desk.connected} idle=${desk.idle} words=${desk.words} kinds=${desk.kinds}
          onSelect=${desk.select} onClaim=${desk.claim} />
      </section>
      <aside data-scroll>
        <${Mine} desk=${desk} />
        <${Others} desk=${desk} />
      </aside>
    </main>
    <div class="sr-only" aria-live="polite">${desk.announced}</div>
    ${desk.dialog === "help" && html`<${Help} onShut=${shut} />`}
    ${desk.dialog === "history" && html`<${History} desk=${desk} onShut=${shut} />`}
    ${desk.dialog === "let_in" && html`<${LetIn} onShut=${shut} scope=${desk.me.scope} />`}
  </div>`;
}
