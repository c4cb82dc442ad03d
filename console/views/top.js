/** The head of the page: counts, clock, who is here, and the few switches. */

import { html } from "../html.js";
import { currentTheme, nextTheme, otherLanguage } from "../look.js";
import { age } from "../time.js";
import { currentLanguage, t } from "../words.js";
import { className } from "./facts.js";
import { Wall } from "./clock.js";
import { Shape } from "./shape.js";

/** @type {readonly import("../types.js").Class[]} */
const COUNTED = ["life_safety", "person", "technical"];

/** @param {{desk: import("../desk.js").Desk}} props */
export function Top({ desk }) {
  const { waiting } = desk.state;
  return html`<header class="top">
    <h1>Varde</h1>
    <p class="counts"><b>${t("waiting")} <span class="count">${waiting.length}</span></b>
      ${COUNTED.map((of) => html`<span key=${of} class="by-class" title=${className(of)}><${Shape} of=${of} />
        <span class="sr-only">${className(of)}</span> ${waiting.filter((row) => row.class === of).length}</span>`)}</p>
    <${Wall} />
    <span class="who">${desk.me.operator}${desk.me.operator !== t(desk.me.role) && html`<span class="quiet"> · ${t(desk.me.role)}</span>`}</span>
    <nav>
      <button type="button" class=${desk.muted > 0 || !desk.sounds ? "switch warn" : "switch"} onClick=${desk.toggleMute}>${soundWords(desk)} <span class="key">S</span></button>
      <button type="button" class="switch" onClick=${() => { nextTheme(); desk.draw(); }}>${t(`theme_${currentTheme()}`)}</button>
      <button type="button" class="switch" lang=${currentLanguage() === "nb" ? "en" : "nb"} onClick=${() => { otherLanguage(); desk.draw(); }}>${t("other_language")}</button>
      ${desk.me.role === "leader" && html`<button type="button" class="switch" onClick=${() => desk.open("let_in")}>${t("let_in")}</button>`}
      <button type="button" class="switch" onClick=${() => desk.open("history")}>${t("history")} <span class="key">H</span></button>
      <button type="button" class="switch" onClick=${() => desk.open("help")}>${t("help")} <span class="key">?</span></button>
      <button type="button" class="switch" onClick=${desk.logOut}>${t("log_out")}</button>
    </nav>
  </header>`;
}

/** @param {import("../desk.js").Desk} desk */
function soundWords(desk) {
  if (!desk.sounds) return t("sound_blocked");
  return desk.muted > 0 ? t("sound_off", age(desk.muted)) : t("sound_on");
}
