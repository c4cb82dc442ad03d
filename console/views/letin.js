/** The leader lets a colleague in: a link that works once. */

import * as api from "../api.js";
import { html } from "../html.js";
import { Component } from "../vendor/preact.module.js";
import { t } from "../words.js";
import { Dialog } from "./dialog.js";
import { refusalWords } from "./refusal.js";

/** @typedef {import("../types.js").Role} Role */
/** @type {readonly Role[]} */
const ROLES = ["operator", "viewer", "leader"];

/**
 * @typedef {object} Made
 * @property {string} operator
 * @property {string} url
 */

/** @extends {Component<{onShut: () => void, scope: import("../types.js").Scope}, {made: Made|null, copied: boolean, failed: string}>} */
export class LetIn extends Component {
  /** @type {{made: Made|null, copied: boolean, failed: string}} */
  state = { made: null, copied: false, failed: "" };

  /** @param {SubmitEvent} event */
  submit = async (event) => {
    event.preventDefault();
    const form = new FormData(/** @type {HTMLFormElement} */ (event.target));
    const operator = String(form.get("operator")).trim();
    const chosen = String(form.get("scope")).split(/[\s,;]+/).filter(Boolean);
    const scope = chosen.length > 0 ? chosen : this.props.scope;
    const role = /** @type {Role} */ (String(form.get("role")));
    const answer = await api.letIn({ operator, role, scope });
    if (answer.ok) this.setState({ made: { operator, url: answer.body.url }, copied: false, failed: "" });
    else this.setState({ failed: refusalWords(answer.body) });
  };

  copy = async () => {
    const { made } = this.state;
    if (!made) return;
    // Without https the browser may keep its clipboard shut; the link is selected in its field all the same.
    await navigator.clipboard?.writeText(made.url).then(() => this.setState({ copied: true }), () => {});
  };

  render() {
    const { made, copied, failed } = this.state;
    return html`<${Dialog} title=${t("let_in")} onShut=${this.props.onShut}>
      <form class="sheet" onSubmit=${this.submit}>
        <p>${t("let_in_lead")}</p>
        <label class="field">${t("name")}<input name="operator" required maxlength="64" autocomplete="off" autofocus /></label>
        <label class="field">${t("role")}<select name="role">${ROLES.map((role) => html`<option key=${role} value=${role}>${t(role)}</option>`)}</select></label>
        <label class="field">${t("scope")}<input name="scope" autocomplete="off" placeholder="0301 4601" aria-describedby="scope-hint" /></label>
        <p id="scope-hint" class="quiet">${t("scope_hint")}</p>
        <p class="missing" role="alert">${failed}</p>
        <div class="buttons"><button type="submit" class="primary">${t("make_link")}</button></div>
      </form>
      ${made && html`<div class="made">
        <label class="field">${t("link_made", made.operator)}<input readonly value=${made.url}
          onFocus=${(/** @type {Event} */ event) => /** @type {HTMLInputElement} */ (event.target).select()} /></label>
        <button type="button" onClick=${this.copy}>${t(copied ? "copied" : "copy")}</button>
      </div>`}
    <//>`;
  }
}
