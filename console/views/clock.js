/** Age clocks. One timer moves them all, each second, past Preact: a ticking list draws no rows again. */

import { html } from "../html.js";
import { TARGET } from "../limits.js";
import { age, clock, millis, second } from "../time.js";
import { Component, createRef } from "../vendor/preact.module.js";
import { t } from "../words.js";

/** @type {Set<{tick: (now: number) => void}>} */
const ticking = new Set();
setInterval(() => {
  const now = clock.now();
  for (const one of ticking) one.tick(now);
}, 1000);

/** Write only what changed: most seconds change one text of three. @param {HTMLElement|null} element @param {string} text */
function write(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

/**
 * How long an alarm has waited, against its own target where its class has one.
 * @extends {Component<{since: import("../types.js").Moment, of: import("../types.js").Class, waiting: boolean, words: string}>}
 */
export class Age extends Component {
  /** @type {import("../vendor/preact.module.js").Ref<HTMLElement>} */
  root = createRef();

  componentDidMount() {
    ticking.add(this);
    this.tick(clock.now());
  }

  componentWillUnmount() {
    ticking.delete(this);
  }

  /** @param {Age["props"]} next */
  shouldComponentUpdate(next) {
    const { since, of, waiting, words } = this.props;
    return next.since !== since || next.of !== of || next.waiting !== waiting || next.words !== words;
  }

  componentDidUpdate() {
    this.tick(clock.now());
  }

  /** @param {number} now ms */
  tick(now) {
    const root = this.root.current;
    if (!root) return;
    const seconds = Math.max(0, (now - millis(this.props.since)) / 1000);
    const target = this.props.waiting ? TARGET[this.props.of] : undefined;
    const [text, aim, bar] = /** @type {[HTMLElement, HTMLElement, HTMLElement]} */ ([...root.children]);
    write(text, age(seconds));
    root.classList.toggle("near", target !== undefined && seconds >= target / 2);
    root.classList.toggle("over", target !== undefined && seconds >= target);
    if (target === undefined) return write(aim, "");
    write(aim, t(seconds >= target ? "over_target" : "target", age(target)));
    bar.style.setProperty("--part", Math.min(1, seconds / target).toFixed(3));
  }

  render() {
    return html`<span class="age" ref=${this.root}>
      <span class="age-text"></span><span class="age-aim"></span>
      <span class=${this.props.waiting && TARGET[this.props.of] ? "age-bar" : "age-bar none"}></span>
    </span>`;
  }
}

/** The wall clock, by the server's time. */
export class Wall extends Component {
  /** @type {import("../vendor/preact.module.js").Ref<HTMLElement>} */
  root = createRef();

  componentDidMount() {
    ticking.add(this);
    this.tick(clock.now());
  }

  componentWillUnmount() {
    ticking.delete(this);
  }

  shouldComponentUpdate() {
    return false;
  }

  /** @param {number} now ms */
  tick(now) {
    write(this.root.current, second(now));
  }

  render() {
    return html`<span class="wall" ref=${this.root}></span>`;
  }
}
