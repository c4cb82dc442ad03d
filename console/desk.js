/** The operator's desk: the state, what has been drawn of it, and everything the operator can do. */

import * as api from "./api.js";
import { html } from "./html.js";
import { HIDDEN_PACE, RELEASE_AGAIN } from "./limits.js";
import { Live } from "./live.js";
import { Painted } from "./painted.js";
import { Sound } from "./sound.js";
import { apply, arrived, EMPTY, isDone, keepSelection, moveSelection, NOWHERE } from "./store.js";
import { clock, millis, second } from "./time.js";
import { render } from "./vendor/preact.module.js";
import { DeskView } from "./views/desk.js";
import { place, what } from "./views/facts.js";
import { refusalWords } from "./views/refusal.js";
import { currentLanguage, t } from "./words.js";

/** @typedef {import("./types.js").Row} Row */
/** @typedef {import("./views/close.js").Draft} Draft */
/** @typedef {"help"|"let_in"|"history"|null} Open */
/** @typedef {import("./store.js").Verb} Verb */

export class Desk {
  state = EMPTY;
  /** @type {import("./types.js").Message[]} */
  #queue = [];
  #due = 0;
  #sound = new Sound();
  #live;
  #painted;
  #root;
  #out;
  #seconds = 0;
  #over = false;
  #handled = performance.now();

  selection = NOWHERE;
  /** The own alarm shown in full. @type {number|null} */
  chosen = null;
  /** The own alarm whose closing form is open. @type {number|null} */
  closing = null;
  /** The own alarm that one more R releases. @type {number|null} */
  armed = null;
  #armedUntil = 0;
  /** Alarms with an act on its way. @type {Set<number>} */
  pending = new Set();
  /** Acts told as not stored or not answered: the log may still do them. @type {Map<number, {verb: Verb, row: Row}>} */
  #unsure = new Map();
  /** @type {Map<number, import("./types.js").Details|"failed">} */
  details = new Map();
  /** @type {Map<number, Draft>} */
  #drafts = new Map();
  /** The last thing worth telling; stays until the next, or Escape. @type {{grave: boolean, text: string}|null} */
  notice = null;
  /** Read out by screen readers. */
  announced = "";
  /** @type {number|null} */
  lostAt = null;
  connected = false;
  /** @type {Open} */
  dialog = null;
  muted = 0;
  sounds = false;

  /**
   * @param {Element} root
   * @param {{me: import("./types.js").Me, hello: import("./types.js").Hello, kinds: import("./types.js").Kind[], codes: import("./types.js").Codes}} world
   * @param {(said: string) => void} out the session is over
   */
  constructor(root, { me, hello, kinds, codes }, out) {
    this.#root = root;
    this.#out = out;
    this.me = me;
    this.purpose = hello.purpose;
    this.kinds = new Map(kinds.map((kind) => [kind.kind, kind]));
    this.codes = codes;
    this.mayAct = me.role !== "viewer";
    const url = new URL("api/live", document.baseURI);
    url.protocol = url.protocol.replace("http", "ws");
    this.#live = new Live(url.href, {
      message: (message) => this.#take(message),
      link: (lostAt) => this.#link(lostAt),
      refused: () => void this.#stillIn(),
    });
    this.#painted = new Painted((word) => this.#live.tell(word));
  }

  start() {
    this.#live.start();
    this.#seconds = window.setInterval(() => this.#tick(), 1000);
    for (const event of ["keydown", "pointerdown", "pointermove", "wheel"])
      document.addEventListener(event, this.#hands, { capture: true, passive: true });
    this.draw();
  }

  #stop() {
    this.#live.stop();
    this.#painted.stop();
    clearInterval(this.#seconds);
    for (const event of ["keydown", "pointerdown", "pointermove", "wheel"])
      document.removeEventListener(event, this.#hands, { capture: true });
    this.#queue = [];
    this.#over = true;
  }

  /** A key or the mouse: the list holds still for a while, and sound becomes possible. @param {Event} event */
  #hands = (event) => {
    this.#handled = performance.now();
    if (event.type === "keydown" || event.type === "pointerdown") this.#sound.allow();
  };

  idle = () => performance.now() - this.#handled;

  // What comes in

  /** @param {import("./types.js").Message} message */
  #take(message) {
    if (message.t === "picture") {
      // What was queued belongs to the connection before.
      this.#queue = [];
      this.connected = true;
      this.#painted.restart();
    }
    this.#queue.push(message);
    if (message.t === "offer") this.#offer(message.alarm);
    this.draw();
  }

  /** @param {number} alarm */
  #offer(alarm) {
    const queued = this.#queue.findLast((message) => message.t === "row" && message.row.alarm === alarm);
    const row = queued?.t === "row" ? queued.row : this.state.rows.get(alarm);
    if (row && !row.claim) this.#sound.offer(row.class);
  }

  /** @param {number|null} lostAt */
  #link(lostAt) {
    // A short break may be over before the band was read: that it was is told until the next notice.
    if (lostAt === null && this.lostAt !== null) this.say(t("restored", second(this.lostAt), second(clock.now())));
    this.lostAt = lostAt;
    this.draw();
  }

  /** Connecting fails: the network, or the session? */
  async #stillIn() {
    const answer = await api.me();
    if (!answer.ok && answer.status === 401) this.#leave(t("error_no_session"));
  }

  /** @param {string} said */
  #leave(said) {
    this.#stop();
    this.#out(said);
  }

  #tick() {
    if (this.state.waiting.some((row) => row.class === "life_safety")) this.#sound.remind();
    const muted = this.#sound.mutedFor;
    const sounds = this.#sound.allowed;
    const disarm = this.armed !== null && performance.now() > this.#armedUntil;
    if (disarm) this.armed = null;
    if (disarm || muted !== this.muted || sounds !== this.sounds) this.draw();
    this.muted = muted;
    this.sounds = sounds;
  }

  // What is drawn

  /** Draw in the next frame; everything until then goes into the same one. A hidden page has no frames. */
  draw = () => {
    if (this.#due !== 0) return;
    this.#due = 1;
    const now = () => {
      this.#due = 0;
      this.#flush();
    };
    if (document.hidden) setTimeout(now, HIDDEN_PACE);
    else requestAnimationFrame(now);
  };

  #flush() {
    // A frame asked for before the session ended must not draw over the door.
    if (this.#over) return;
    const before = this.state;
    this.state = apply(before, this.#queue);
    this.#queue = [];
    if (this.state !== before) this.#changed(before);
    this.muted = this.#sound.mutedFor;
    this.sounds = this.#sound.allowed;
    const waits = this.state.waiting.length;
    const mark = { demonstration: "DEMO – ", load_test: "LASTTEST – ", real: "" }[this.purpose];
    const title = `${waits > 0 ? `(${waits}) ` : ""}${mark}Varde`;
    if (document.title !== title) document.title = title;
    render(html`<${DeskView} desk=${this} />`, this.#root);
    this.#painted.look();
  }

  /** @param {import("./store.js").State} before */
  #changed(before) {
    const { rows, waiting, mine, shouts } = this.state;
    this.selection = keepSelection(waiting, this.selection);
    const grave = before === EMPTY ? undefined : arrived(before, this.state).findLast((row) => row.class === "life_safety");
    if (grave) this.announced = t("announce", what(grave, this.kinds), place(grave));
    if (!mine.some((row) => row.alarm === this.chosen)) this.chosen = mine.at(-1)?.alarm ?? null;
    if (!mine.some((row) => row.alarm === this.closing)) this.closing = null;
    for (const known of [this.details, this.#drafts])
      for (const alarm of known.keys()) if (!rows.get(alarm)?.claim?.mine) known.delete(alarm);
    this.#settle();
    for (const row of mine) {
      const old = before.rows.get(row.alarm);
      // Whose it is may become known, or be erased: what was opened before is not shown on.
      const changed = old?.count !== row.count || old.person !== row.person;
      if (!old?.claim?.mine || changed) void this.fetchDetails(row.alarm);
    }
    this.#painted.prune(rows, shouts);
  }

  /** What was told not stored and then was: a notice that is no longer true must not stand. */
  #settle() {
    for (const [alarm, { verb, row }] of this.#unsure) {
      if (!isDone(this.state.rows.get(alarm), verb)) continue;
      this.#unsure.delete(alarm);
      this.#done(verb, row);
    }
  }

  /** @param {Verb} verb @param {Row} row */
  #done(verb, row) {
    const name = what(row, this.kinds);
    if (verb === "claim") this.chosen = row.alarm;
    if (verb === "claim") this.say(t("notice_claimed", name, place(row)));
    else this.say(t(verb === "close" ? "notice_closed" : "notice_released", name));
  }

  /** A change of words draws every row again. */
  get words() {
    return currentLanguage();
  }

  chosenRow() {
    return this.state.mine.find((row) => row.alarm === this.chosen);
  }

  // What the operator does

  /** @param {number} alarm */
  select = (alarm) => {
    this.selection = { alarm, place: this.state.waiting.findIndex((row) => row.alarm === alarm) };
    this.draw();
  };

  /** @param {number} step */
  move(step) {
    this.selection = moveSelection(this.state.waiting, this.selection, step);
    this.draw();
  }

  claimSelected() {
    const { alarm } = this.selection;
    if (alarm === null) return this.move(1);
    const row = this.state.rows.get(alarm);
    if (row && !row.claim) return void this.claim(alarm);
    if (row?.claim && !row.claim.mine) this.say(this.#takenWords(row.claim.operator, row.claim.since), true);
    return undefined;
  }

  claimNext() {
    const next = this.state.waiting.find((row) => !this.pending.has(row.alarm));
    if (next) void this.claim(next.alarm);
  }

  /** @param {number} alarm */
  claim = async (alarm) => {
    const row = this.state.rows.get(alarm);
    if (!row || !this.mayAct) return;
    await this.#act(row, "claim");
  };

  /** @param {Required<Draft>} done */
  close = async (done) => {
    const row = this.chosenRow();
    if (!row) return;
    const note = done.note.trim();
    if (await this.#act(row, "close", { version: row.version, ...done, note })) this.endClosing();
  };

  /** Two in a row release; one alone only says so. */
  release = async () => {
    const row = this.chosenRow();
    if (!row) return;
    if (this.armed !== row.alarm) {
      this.armed = row.alarm;
      this.#armedUntil = performance.now() + RELEASE_AGAIN;
      return this.draw();
    }
    this.armed = null;
    await this.#act(row, "release", { version: row.version });
  };

  /**
   * One act at a time on one alarm; how it ended is told in words. True: done.
   * @param {Row} row @param {Verb} verb @param {object} [body]
   */
  async #act(row, verb, body) {
    if (this.pending.has(row.alarm)) return false;
    this.pending = new Set(this.pending).add(row.alarm);
    this.draw();
    this.#unsure.delete(row.alarm);
    const answer = await api.act(verb, row.alarm, body);
    this.pending = new Set([...this.pending].filter((alarm) => alarm !== row.alarm));
    this.draw();
    if (answer.ok) this.#done(verb, row);
    else if (answer.status === 401) this.#leave(t("error_no_session"));
    else if (answer.body.error === "taken") this.say(this.#takenWords(answer.body.by, answer.body.since), true);
    else this.say(refusalWords(answer.body), true);
    if (answer.status === 503 || answer.status === 0) this.#unsure.set(row.alarm, { verb, row });
    this.#settle();
    return answer.ok;
  }

  /** @param {string} [by] @param {string} [since] */
  #takenWords(by, since) {
    return t("notice_taken", by ?? "?", since ? second(millis(since)) : "");
  }

  /** @param {string} text @param {boolean} [grave] */
  say(text, grave = false) {
    this.notice = { text, grave };
    this.draw();
  }

  hush = () => {
    this.notice = null;
    this.draw();
  };

  /** @param {number} alarm */
  choose = (alarm) => {
    this.chosen = alarm;
    this.closing = null;
    this.draw();
  };

  chooseNext() {
    const { mine } = this.state;
    const at = mine.findIndex((row) => row.alarm === this.chosen);
    const next = mine[(at + 1) % mine.length];
    if (next) this.choose(next.alarm);
  }

  startClosing = () => {
    if (!this.mayAct || this.chosen === null) return;
    this.closing = this.chosen;
    // At once: the next key is already an answer.
    this.#flush();
  };

  endClosing = () => {
    this.closing = null;
    document.getElementById("waiting")?.focus();
    document.querySelector("aside")?.scrollTo(0, 0);
    this.draw();
  };

  /** @param {number} alarm @returns {Draft} */
  draft(alarm) {
    return this.#drafts.get(alarm) ?? { note: "" };
  }

  /** @param {Partial<Draft>} change */
  setDraft = (change) => {
    if (this.closing !== null) this.#drafts.set(this.closing, { ...this.draft(this.closing), ...change });
    this.draw();
  };

  /** @param {number} alarm */
  async fetchDetails(alarm) {
    const answer = await api.details(alarm);
    if (!this.state.rows.get(alarm)?.claim?.mine) return;
    this.details.set(alarm, answer.ok ? answer.body : "failed");
    this.draw();
  }

  /** @param {Open} dialog */
  open = (dialog) => {
    this.dialog = dialog;
    this.draw();
  };

  toggleMute = () => {
    this.#sound.allow();
    this.#sound.toggleMute();
    this.draw();
  };

  logOut = async () => {
    await api.logout();
    this.#leave("");
  };
}
