/** The closing form: cause, action, outcome, one question open at a time, each answered by one key; then Enter. */

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
 * @property {() => Draft} current the draft as it is now: a fast typist's next key comes before the next frame
 * @property {(change: Partial<Draft>) => void} onDraft
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
    const first = GROUPS.find((group) => this.props.draft[group] === undefined) ?? "cause";
    if (first === this.state.at) this.focus();
    else this.setState({ at: first });
  }

  /** @param {Props} _props @param {{at: Group}} before */
  componentDidUpdate(_props, before) {
    if (before.at !== this.state.at) this.focus();
  }

  /** Into the open group: on what is chosen there, else its first. */
  focus() {
    const radios = /** @type {HTMLInputElement[]} */ ([...(this.form.current?.querySelectorAll("input") ?? [])]);
    (radios.find((radio) => radio.checked) ?? radios[0])?.focus();
  }

  /** @param {Group} group */
  choices(group) {
    const { causes, actions, outcomes } = this.props.codes;
    return { cause: causes, action: actions, outcome: outcomes }[group];
  }

  /** @param {Group} group @param {number} code */
  choose(group, code) {
    this.props.onDraft({ [group]: code });
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
    // The button of a group is pressed by Enter and space; letters on it answer the open group as well.
    const at = event.key.length === 1 ? KEYS.indexOf(event.key.toLowerCase()) : -1;
    const choice = at < 0 ? undefined : this.choices(this.state.at)[at];
    // A letter without a choice must not become a command of the list behind.
    if (event.key.length === 1 && event.key !== " ") event.stopPropagation();
    if (!choice) return;
    event.preventDefault();
    const group = this.state.at;
    this.choose(group, choice.code);
    this.next(group);
  };

  /** On to the next question without an answer; after the last, to the one just answered. @param {Group} from */
  next(from) {
    const later = GROUPS.slice(GROUPS.indexOf(from) + 1);
    const draft = this.props.current();
    const at = later.find((group) => draft[group] === undefined) ?? from;
    if (at === from) requestAnimationFrame(() => this.focus());
    else this.setState({ at });
  }

  submit = () => {
    const draft = this.props.current();
    const { cause, action, outcome, note } = draft;
    const missing = GROUPS.find((group) => draft[group] === undefined);
    if (missing) {
      return this.setState({ missing, at: missing });
    }
    if (cause === undefined || action === undefined || outcome === undefined || this.props.pending) return;
    this.props.onClose({ cause, action, outcome, note });
  };

  /** @param {Group} group */
  group(group) {
    const open = this.state.at === group;
    const chosen = this.choices(group).find(({ code }) => code === this.props.draft[group]);
    return html`<fieldset class=${open ? "group at" : "group"}>
      <legend class="sr-only">${t(group)}</legend>
      <button type="button" class="group-title" aria-expanded=${open} onClick=${() => this.setState({ at: group })}>
        <span>${t(group)}</span> <b>${chosen ? label(chosen) : "–"}</b>
      </button>
      ${open && html`<div class="choices">${this.choices(group).map((choice, at) => html`<label key=${choice.code} class="choice">
        <input type="radio" name=${group} value=${choice.code} checked=${choice === chosen}
          onChange=${() => this.choose(group, choice.code)} />
        <kbd>${KEYS[at] ?? ""}</kbd> <span>${label(choice)}</span>
      </label>`)}</div>`}
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
          onInput=${(/** @type {Event} */ event) => onDraft({ note: /** @type {HTMLTextAreaElement} */ (event.target).value })}></textarea>
      </label>
      <p class="missing" role="alert">${missing ? t("missing", t(missing).toLowerCase()) : ""}</p>
      <div class="buttons">
        <button type="submit" class="primary" disabled=${pending}>${pending ? t("closing") : t("close")}</button>
        <button type="button" onClick=${onBack}>${t("back")}</button>
      </div>
    </form>`;
  }
}
