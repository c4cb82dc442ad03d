/** What the others have: nobody asks across the room. */

import { html } from "../html.js";
import { OTHERS_SHOWN } from "../limits.js";
import { millis, second } from "../time.js";
import { t } from "../words.js";
import { Age } from "./clock.js";
import { place, what } from "./facts.js";
import { Shape } from "./shape.js";

/** @param {{desk: import("../desk.js").Desk}} props */
export function Others({ desk }) {
  const { others } = desk.state;
  if (others.length === 0) return null;
  return html`<section class="others" aria-label=${t("others")}>
    <h2>${t("others")} <span class="count">${others.length}</span></h2>
    <ul>${others.slice(0, OTHERS_SHOWN).map((row) => html`<li key=${row.alarm} data-with=${row.claim?.operator}>
      <${Shape} of=${row.class} />
      <span class="other-what">${what(row, desk.kinds)}<span class="quiet"> · ${place(row)}</span>
        <span class="other-who">${t("has_it", row.claim?.operator ?? "", second(millis(row.claim?.since ?? "0")))}</span></span>
      <${Age} since=${row.since} of=${row.class} waiting=${false} words=${desk.words} />
    </li>`)}</ul>
    ${others.length > OTHERS_SHOWN && html`<p class="quiet">${t("others_more", others.length - OTHERS_SHOWN)}</p>`}
  </section>`;
}
