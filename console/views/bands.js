/** What stands above everything: whose world this is, what is broken, what is not stored. */

import { html } from "../html.js";
import { millis, second } from "../time.js";
import { t } from "../words.js";
import { kindWords, place } from "./facts.js";
import { Shape } from "./shape.js";

/** @param {{purpose: import("../types.js").Purpose}} props */
export function Purpose({ purpose }) {
  if (purpose === "real") return null;
  const words = t(purpose === "demonstration" ? "demo_band" : "load_test_band");
  return html`<div class="purpose" role="region" aria-label=${words}>${words}</div>`;
}

/** @param {{desk: import("../desk.js").Desk}} props */
export function Bands({ desk }) {
  const { shouts, health } = desk.state;
  return html`
    ${desk.lostAt !== null && html`<div class="band lost" role="alert">
      <b>${t("lost", second(desk.lostAt))}</b> <span>${t("lost_more")}</span></div>`}
    ${health && health.log !== "ok" && html`<div class=${health.log === "low" ? "band health low" : "band health"} role="alert">${healthWords(health)}</div>`}
    ${shouts.length > 0 && html`<div class="shouts" data-scroll role="alert"><ul>${shouts.map((shout) => html`<li key=${shout.id} data-shout=${shout.id}>
      <${Shape} of=${shout.class} />
      <b>${t(shout.sent_on ? "shout_sent_on" : "shout_waiting")}</b>
      <span>${kindWords(desk.kinds, shout.kind, shout.name)} · ${place(shout)} · ${shout.device} · ${second(millis(shout.received))}</span>
    </li>`)}</ul></div>`}
  `;
}

/** @param {import("../types.js").Health} health */
function healthWords({ log, since }) {
  const at = second(millis(since));
  switch (log) {
    case "stalled":
      return t("health_stalled", at);
    case "low":
      return t("health_low", at);
    case "full":
      return t("health_full", at);
    case "no_quorum":
      return t("health_no_quorum", at);
    default:
      return t("health_stopped", at);
  }
}
