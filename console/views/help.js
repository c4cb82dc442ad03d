/** Every key on one sheet. */

import { html } from "../html.js";
import { t } from "../words.js";
import { className } from "./facts.js";
import { Dialog } from "./dialog.js";
import { Shape } from "./shape.js";

/** @type {readonly [string[], Parameters<typeof t>[0]][]} */
const SHEET = [
  [["J", "K", "↓", "↑"], "key_move"],
  [["Home", "End"], "key_ends"],
  [["Enter"], "key_claim"],
  [["N"], "key_next"],
  [["C"], "key_close"],
  [["R", "R"], "key_release"],
  [["M"], "key_mine"],
  [["S"], "key_mute"],
  [["H"], "key_history"],
  [["Esc"], "key_escape"],
  [["?"], "key_help"],
];

/** @type {readonly import("../types.js").Class[]} */
const CLASSES = ["life_safety", "person", "technical", "telemetry", "test"];

/** @param {{onShut: () => void}} props */
export function Help({ onShut }) {
  return html`<${Dialog} title=${t("keys")} onShut=${onShut}>
    <dl class="keys">${SHEET.map(([keys, words]) => html`
      <dt>${keys.map((key) => html`<kbd>${key}</kbd> `)}</dt><dd>${t(words)}</dd>`)}</dl>
    <h3>${t("shapes")}</h3>
    <ul class="shapes">${CLASSES.map((of) => html`<li key=${of}><${Shape} of=${of} /> ${className(of)}</li>`)}</ul>
  <//>`;
}
