/** The live connection: picture first, then numbered deltas. What does not fit is a gap, and a gap connects again. */

import { RETRY_FIRST, RETRY_LAST, SILENCE } from "./limits.js";
import { clock } from "./time.js";

/** @typedef {import("./types.js").Message} Message */
/** @typedef {import("./types.js").Beat} Beat */

/**
 * @typedef {object} Listener
 * @property {(message: Message) => void} message in order, without gaps; a picture starts over
 * @property {(lostAt: number|null) => void} link null: whole; else the moment (ms) up to which the list is true
 * @property {() => void} refused a connection failed before its picture: the session may be over
 */

export class Live {
  #url;
  #listener;
  /** @type {WebSocket|null} */
  #socket = null;
  /** The number the next delta must have; -1 until the picture. */
  #next = -1;
  #heard = performance.now();
  /** @type {number|null} */
  #lostAt = null;
  #tries = 0;
  #retry = 0;
  #watch = 0;
  #onVisible = () => this.#check();

  /** @param {string} url @param {Listener} listener */
  constructor(url, listener) {
    this.#url = url;
    this.#listener = listener;
  }

  start() {
    this.#watch = window.setInterval(() => this.#check(), 1000);
    document.addEventListener("visibilitychange", this.#onVisible);
    this.#connect();
  }

  stop() {
    clearInterval(this.#watch);
    clearTimeout(this.#retry);
    document.removeEventListener("visibilitychange", this.#onVisible);
    this.#drop();
  }

  /** Tell the server what was drawn. @param {{painted:number[]}|{painted_shouts:string[]}} word */
  tell(word) {
    if (this.#next < 0 || this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(word));
    return true;
  }

  #connect() {
    this.#next = -1;
    this.#heard = performance.now();
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    socket.onmessage = (event) => {
      if (socket === this.#socket) this.#receive(event.data);
    };
    socket.onclose = () => {
      if (socket === this.#socket) this.#lost();
    };
  }

  /** @param {string} data */
  #receive(data) {
    this.#heard = performance.now();
    /** @type {Message|Beat} */
    let message;
    try {
      message = JSON.parse(data);
    } catch {
      return this.#lost();
    }
    if (message.t === "beat") return clock.set(message.now);
    if (message.t === "picture") {
      clock.set(message.now);
      this.#next = 1;
      this.#tries = 0;
      this.#lostAt = null;
      this.#listener.message(message);
      return this.#listener.link(null);
    }
    if (message.n !== this.#next) return this.#lost();
    this.#next += 1;
    return this.#listener.message(message);
  }

  /** A socket can stay open over a dead network: only what is heard counts. */
  #check() {
    if (this.#socket && performance.now() - this.#heard > SILENCE) this.#lost();
  }

  /** Say so, and connect again after a wait that doubles and differs from page to page. */
  #lost() {
    const began = this.#next >= 0;
    // The first loss dates the list; failed attempts after it do not make it newer.
    this.#lostAt ??= clock.now() - (performance.now() - this.#heard);
    this.#drop();
    this.#listener.link(this.#lostAt);
    if (!began) this.#listener.refused();
    const wait = Math.min(RETRY_LAST, RETRY_FIRST * 2 ** Math.min(this.#tries, 10));
    this.#tries += 1;
    this.#retry = window.setTimeout(() => this.#connect(), wait / 2 + (Math.random() * wait) / 2);
  }

  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    this.#next = -1;
    clearTimeout(this.#retry);
    if (!socket) return;
    socket.onmessage = null;
    socket.onclose = null;
    socket.close();
  }
}
