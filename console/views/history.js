/** What was: a search among alarms, and one alarm from its first signal to its close. */

import * as api from "../api.js";
import { html } from "../html.js";
import { finely, midnight, millis, stamp } from "../time.js";
import { Component } from "../vendor/preact.module.js";
import { label, maybe, t } from "../words.js";
import { Dialog } from "./dialog.js";
import { kindWords } from "./facts.js";
import { refusalWords } from "./refusal.js";

/** @typedef {import("../types.js").Past} Past */
/** @typedef {import("../types.js").Timeline} Timeline */
/** @typedef {{desk: import("../desk.js").Desk, onShut: () => void}} Props */
/** @typedef {{found: Past[]|null, before: number|null, timeline: Timeline|null, asking: boolean, failed: string}} State */

const DAY = 86_400_000;

/** The fields that are sent as they are. */
const PLAIN = ["municipality", "device", "kind", "cause", "outcome", "operator", "open"];

/** @extends {Component<Props, State>} */
export class History extends Component {
  /** @type {State} */
  state = { found: null, before: null, timeline: null, asking: false, failed: "" };
  /** What was asked for, for the next page of it. */
  #query = new URLSearchParams();

  /** @param {SubmitEvent} event */
  search = (event) => {
    event.preventDefault();
    const form = new FormData(/** @type {HTMLFormElement} */ (event.target));
    const value = (/** @type {string} */ name) => String(form.get(name) ?? "").trim();
    this.#query = new URLSearchParams();
    for (const name of PLAIN) if (value(name)) this.#query.set(name, value(name));
    // Days as in Norway; the last one is part of it.
    if (value("from")) this.#query.set("from", nanos(midnight(value("from"))));
    if (value("to")) this.#query.set("to", nanos(midnight(value("to"), DAY)));
    void this.#ask([]);
  };

  more = () => this.#ask(this.state.found ?? []);

  /** @param {Past[]} known */
  async #ask(known) {
    const query = new URLSearchParams(this.#query);
    if (known.length > 0 && this.state.before !== null) query.set("before", String(this.state.before));
    this.setState({ asking: true, failed: "" });
    const answer = await api.history(query);
    if (answer.ok) this.setState({ asking: false, found: [...known, ...answer.body.alarms], before: answer.body.before });
    else this.setState({ asking: false, failed: refusalWords(answer.body) });
  }

  /** @param {number} alarm */
  async open(alarm) {
    this.setState({ asking: true, failed: "" });
    const answer = await api.timeline(alarm);
    if (answer.ok) this.setState({ asking: false, timeline: answer.body });
    else this.setState({ asking: false, failed: refusalWords(answer.body) });
  }

  back = () => this.setState({ timeline: null });

  render() {
    const { desk, onShut } = this.props;
    const { timeline, failed } = this.state;
    return html`<${Dialog} title=${t("history")} onShut=${onShut}>
      <p class="missing" role="alert">${failed}</p>
      ${timeline ? html`<${One} timeline=${timeline} desk=${desk} onBack=${this.back} />` : this.list()}
    <//>`;
  }

  list() {
    const { desk } = this.props;
    const { found, before, asking } = this.state;
    const kinds = [...desk.kinds.values()];
    return html`<form class="search" onSubmit=${this.search}>
        <label class="field">${t("device")}<input name="device" autocomplete="off" maxlength="64" autofocus /></label>
        <label class="field">${t("municipality")}<input name="municipality" autocomplete="off" inputmode="numeric" pattern="[0-9]{4}" placeholder="0301" /></label>
        <label class="field">${t("operator_name")}<input name="operator" autocomplete="off" maxlength="64" /></label>
        <label class="field">${t("from_day")}<input name="from" type="date" /></label>
        <label class="field">${t("to_day")}<input name="to" type="date" /></label>
        <label class="field">${t("state")}<select name="open"><option value="">${t("any")}</option><option value="true">${t("open_ones")}</option><option value="false">${t("closed_ones")}</option></select></label>
        <${Choose} name="kind" of=${kinds.map((kind) => [kind.kind, label(kind)])} />
        <${Choose} name="cause" of=${desk.codes.causes.map((code) => [code.code, label(code)])} />
        <${Choose} name="outcome" of=${desk.codes.outcomes.map((code) => [code.code, label(code)])} />
        <div class="buttons"><button type="submit" class="primary" disabled=${asking}>${t("search")}</button></div>
      </form>
      <p role="status" class="quiet">${asking ? t("searching") : found && (found.length === 0 ? t("none_found") : t("n_found", found.length, before === null ? "" : t("and_older")))}</p>
      ${found && html`<ul class="past">${found.map((past) => html`<li key=${past.alarm}>
        <button type="button" onClick=${() => this.open(past.alarm)}>
          <b>${kindWords(desk.kinds, past.kind, past.name)}</b> <span>${past.municipality_name}</span> <span class="quiet">${past.device}</span>
          <span class="past-when">${stamp(millis(past.received))}</span>
          <span class="past-end">${ended(past)}</span>
        </button></li>`)}</ul>`}
      ${before !== null && html`<button type="button" disabled=${asking} onClick=${this.more}>${t("older")}</button>`}`;
  }
}

/** @param {number} ms */
const nanos = (ms) => `${BigInt(ms) * 1_000_000n}`;

/** @param {{name: "kind"|"cause"|"outcome", of: [number, string][]}} props */
function Choose({ name, of }) {
  return html`<label class="field">${t(`by_${name}`)}<select name=${name}><option value="">${t("any")}</option>
    ${of.map(([value, words]) => html`<option key=${value} value=${value}>${words}</option>`)}</select></label>`;
}

/** How it ended, or who has had it, in few words. @param {Past} past */
function ended({ closed, codes, claimed }) {
  if (closed && codes) return t("ended_so", codes.cause.label ?? codes.cause.code, codes.outcome.label ?? codes.outcome.code);
  return claimed ? t("first_claimed_by", claimed.operator ?? "?") : t("never_claimed");
}

/** @param {{timeline: Timeline, desk: import("../desk.js").Desk, onBack: () => void}} props */
function One({ timeline, desk, onBack }) {
  const { alarm, signals, acts, cut } = timeline;
  const events = [
    ...signals.map((signal) => ({ seq: signal.seq, at: signal.received, words: signalWords(signal, desk) })),
    ...acts.map((act) => ({ seq: act.seq, at: act.at, words: actWords(act) })),
  ].sort((a, b) => a.seq - b.seq);
  const took = (/** @type {string|null|undefined} */ until) => (until ? finely(Math.max(0, millis(until) - millis(alarm.received)) / 1000) : "–");
  return html`<div class="one-past">
    <div class="buttons"><button type="button" onClick=${onBack} autofocus>${t("back_to_search")}</button></div>
    <h3>${kindWords(desk.kinds, alarm.kind, alarm.name)} · ${alarm.municipality_name}</h3>
    <dl class="keys">
      <dt>${t("device")}</dt><dd>${alarm.device}</dd>
      <dt>${t("came")}</dt><dd>${stamp(millis(alarm.received))}</dd>
      <dt>${t("until_claim")}</dt><dd>${took(alarm.claimed?.at)}</dd>
      <dt>${t("until_close")}</dt><dd>${took(alarm.closed?.at)}</dd>
      <dt>${t("until_painted")}</dt><dd>${took(alarm.hops.painted)}</dd>
    </dl>
    <ol class="events">${events.map(({ seq, at, words }) => html`<li key=${seq}><time>${stamp(millis(at))}</time> ${words}</li>`)}</ol>
    ${cut && html`<p class="quiet">${t("timeline_cut")}</p>`}
  </div>`;
}

/** @param {Timeline["signals"][number]} signal @param {import("../desk.js").Desk} desk */
function signalWords({ kind, became }, desk) {
  const name = kindWords(desk.kinds, kind, String(kind));
  return t(became === "opened" ? "signal_opened" : became === "folded" ? "signal_folded" : "signal_attached", name);
}

/** @param {Timeline["acts"][number]} act */
function actWords({ act, operator, result, codes }) {
  const who = operator ?? "?";
  if (result !== "done") return t(`tried_${act}`, who, maybe(`result_${result}`) ?? result);
  const words = t(act === "claim" ? "act_claim" : act === "release" ? "act_release" : "act_close", who);
  if (!codes) return words;
  const said = [codes.cause, codes.action, codes.outcome].map((code) => code.label ?? code.code);
  return `${words}: ${said.join(" · ")}`;
}
