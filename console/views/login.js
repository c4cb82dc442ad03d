/** The door: a one-time link, or name and password. */

import * as api from "../api.js";
import { html } from "../html.js";
import { otherLanguage } from "../look.js";
import { length } from "../time.js";
import { Component } from "../vendor/preact.module.js";
import { currentLanguage, t } from "../words.js";
import { Purpose } from "./bands.js";
import { refusalWords } from "./refusal.js";

/**
 * @typedef {object} Props
 * @property {import("../types.js").Purpose} purpose
 * @property {string} said why the door is shut, if anything
 * @property {() => void} onIn
 */

/** @extends {Component<Props, {failed: string, busy: boolean}>} */
export class Login extends Component {
  state = { failed: this.props.said, busy: false };

  /** @param {Parameters<typeof api.login>[0]} who */
  async enter(who) {
    this.setState({ busy: true });
    const answer = await api.login(who);
    if (answer.ok) return this.props.onIn();
    return this.setState({ busy: false, failed: loginWords(answer) });
  }

  /** @param {SubmitEvent} event */
  submit = (event) => {
    event.preventDefault();
    const form = new FormData(/** @type {HTMLFormElement} */ (event.target));
    const once = String(form.get("once") ?? "").trim();
    if (once) return void this.enter({ once: once.split("once=").at(-1) ?? once });
    return void this.enter({ name: String(form.get("name")), password: String(form.get("password")) });
  };

  render() {
    const { failed, busy } = this.state;
    return html`<${Purpose} purpose=${this.props.purpose} />
      <main class="door"><form class="sheet" onSubmit=${this.submit}>
        <h1>Varde</h1>
        <p>${t("login_lead")}</p>
        <p class="missing" role="alert">${failed}</p>
        <label class="field">${t("name")}<input name="name" autocomplete="username" autofocus /></label>
        <label class="field">${t("password")}<input name="password" type="password" autocomplete="current-password" /></label>
        <p class="or"><span>${t("login_or")}</span></p>
        <label class="field">${t("login_once")}<input name="once" autocomplete="off" spellcheck="false" aria-describedby="once-hint" /></label>
        <p id="once-hint" class="quiet">${t("login_once_hint")}</p>
        <div class="buttons">
          <button type="submit" class="primary" disabled=${busy}>${t("login")}</button>
          <button type="button" lang=${currentLanguage() === "nb" ? "en" : "nb"}
            onClick=${() => { otherLanguage(); this.setState({}); }}>${t("other_language")}</button>
        </div>
      </form></main>`;
  }
}

/** @param {Extract<Awaited<ReturnType<typeof api.login>>, {ok: false}>} answer */
export function loginWords({ status, body, retryAfter }) {
  if (status === 401) return t("login_wrong");
  if (status === 429) return t("login_slow", length(retryAfter ?? 60));
  return refusalWords(body);
}
