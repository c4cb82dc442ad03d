/** The class as a shape of its own, so that colour is never alone. */

import { html } from "../html.js";

/** @type {Record<string, string>} */
const PATHS = {
  life_safety: "M12 1.500 23 21.500H1z",
  person: "M12 2a10 10 0 1 0 .01 0z",
  technical: "M3 3h18v18H3z",
  telemetry: "M12 1.500 22.500 12 12 22.500 1.500 12z",
};
const OTHER = "M12 3l7.800 4.500v9L12 21l-7.800-4.500v-9z";

/** What stands inside the shape. @type {Record<string, string>} */
const MARKS = {
  life_safety: "M11 8h2l-.4 7h-1.200zM11 16.500h2v2h-2z",
  person: "M12 6a2.600 2.600 0 1 0 .01 0zM7.500 17.500c0-6 9-6 9 0z",
  technical: "M12.800 5.500 7.500 13h3.700l-1 5.500 5.300-7.500h-3.700z",
};

/** @param {{of: import("../types.js").Class}} props */
export function Shape({ of }) {
  return html`<svg class=${`shape ${of}`} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    <path class="shape-body" d=${PATHS[of] ?? OTHER} />
    ${MARKS[of] && html`<path class="shape-mark" d=${MARKS[of]} />`}
  </svg>`;
}
