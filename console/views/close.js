/** The closing form: cause, action, outcome, each by one key; then Enter. */

import { html } from "../html.js";
import { NOTE_LENGTH } from "../limits.js";
import { Component, createRef } from "../vendor/preact.module.js";
import { label, t } from "../words.js";

/** @typedef {"cause"|"action"|"outcome"} Group */
/** @typedef {{cause?: number, action?: number, outcome?: number, note: string}} Draft What is chosen so far; kept until the alarm is closed. */
/** @type {readonly Group[]} */
const GROUPS = ["cause", "action", "outcome"];
/** The keys before the choices, in order. */
const KEYS = "abcdefghijklmnopqrstuvwxyz123456789";

/**
 * @typedef {object} Props
 * @property {number} alarm
 * @property {Draft} draft
 * @property {import("../types.js").Codes} codes
 * @property {boolean} pending
 * @property {string} words
 * @property {(draft: Draft) => void} onDraft
 * @property {(done: Required<Draft>) => void} onClose
 * @property {() => void} onBack
 */

/** @extends {Component<Props, {at: Group, missing: Group|null}>} */
export class CloseForm extends Component {
  /** @type {import("../vendor/preact.module.js").Ref<HTMLFormElement>} */
  form = createRef();
  /** @type {{at: Group, missing: Group|null}} */
  state = { at: "cause", missing: null };

  componentDidMount() {
    this.go(GROUPS.find((group) => this.props.draft[group] === undefined) ?? "cause");
    this.form.current?.scrollIntoView({ block: "nearest" });
  }

  /** @param {Group} group */
  choices(group) {
    const { causes, actions, outcomes } = this.props.codes;
    return { cause: causes, action: actions, outcome: outcomes }[group];
  }

  /** Put the focus in a group: on what is chosen there, else its first. @param {Group} group */
  go(group) {
    const radios = this.form.current?.querySelectorAll(`input[name="${group}"]`) ?? [];
    const chosen = /** @type {HTMLInputElement[]} */ ([...radios]);
    (chosen.find((radio) => radio.checked) ?? chosen[0])?.focus();
    this.setState({ at: group });
  }

  /** @param {Group} group @param {number} code */
  choose(group, code) {
    this.props.onDraft({ ...this.props.draft, [group]: code });
    this.setState({ missing: null });
  }

  /** @param {KeyboardEvent} event */
  onKey = (event) => {
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      return this.props.onBack();
    }
    const typing = event.target instanceof HTMLTextAreaElement;
    if (typing || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Enter" && event.target instanceof HTMLInputElement) {
      event.preventDefault();
      return this.submit();
    }
    const at = event.key.length === 1 ? KEYS.indexOf(event.key.toLowerCase()) : -1;
    const choice = at < 0 ? undefined : this.choices(this.state.at)[at];
    // A letter without a choice must not become a command of the list behind.
    if (event.key.length === 1 && event.key !== " ") event.stopPropagation();
    if (!choice) return;
    event.preventDefault();
    const group = this.state.at;
    this.choose(group, choice.code);
    const next = GROUPS[GROUPS.indexOf(group) + 1];
    this.go(next ?? group);
  };

  submit = () => {
    const { cause, action, outcome, note } = this.props.draft;
    const missing = GROUPS.find((group) => this.props.draft[group] === undefined);
    if (missing) {
      this.setState({ missing });
      return this.go(missing);
    }
    if (cause === undefined || action === undefined || outcome === undefined || this.props.pending) return;
    this.props.onClose({ cause, action, outcome, note });
  };

  /** @param {Group} group */
  group(group) {
    const name = `${group}-${this.props.alarm}`;
    return html`<fieldset class=${this.state.at === group ? "group at" : "group"} onFocusIn=${() => this.state.at !== group && this.setState({ at: group })}>
      <legend>${t(group)}</legend>
      ${this.choices(group).map((choice, at) => html`<label key=${choice.code} class="choice">
        <input type="radio" name=${group} id=${`${name}-${choice.code}`} value=${choice.code}
          checked=${this.props.draft[group] === choice.code} onChange=${() => this.choose(group, choice.code)} />
        <kbd>${KEYS[at] ?? ""}</kbd> <span>${label(choice)}</span>
      </label>`)}
    </fieldset>`;
  }

  render() {
    const { draft, pending, onDraft, onBack } = this.props;
    const { missing } = this.state;
    return html`<form ref=${this.form} class="close-form" aria-label=${t("close_title")} onKeyDown=${this.onKey}
      onSubmit=${(/** @type {Event} */ event) => { event.preventDefault(); this.submit(); }}>
      <p class="quiet">${t("close_keys")}</p>
      <div class="groups">${GROUPS.map((group) => this.group(group))}</div>
      <label class="field">${t("note")}
        <textarea rows="2" maxlength=${NOTE_LENGTH} value=${draft.note}
          onInput=${(/** @type {Event} */ event) => onDraft({ ...draft, note: /** @type {HTMLTextAreaElement} */ (event.target).value })}></textarea>
      </label>
      <p class="missing" role="alert">${missing ? t("missing", t(missing).toLowerCase()) : ""}</p>
      <div class="buttons">
        <button type="submit" class="primary" disabled=${pending}>${pending ? t("closing") : t("close")}</button>
        <button type="button" onClick=${onBack}>${t("back")}</button>
      </div>
    </form>`;
  }
}
