/** Tones by class, made by the browser itself. A tone says look; the row says what. */

import { MUTE, TONE_AGAIN } from "./limits.js";

/** @typedef {import("./types.js").Class} Class */

/**
 * Notes as [hertz, start s, length s]. Life safety rises and comes twice; person is two even notes; technical one low.
 * @type {Partial<Record<Class, [number, number, number][]>>}
 */
const TONES = {
  life_safety: [
    [660, 0, 0.16], [880, 0.18, 0.16], [1100, 0.36, 0.24],
    [660, 0.8, 0.16], [880, 0.98, 0.16], [1100, 1.16, 0.24],
  ],
  person: [[587, 0, 0.18], [587, 0.26, 0.18]],
  technical: [[330, 0, 0.2]],
};

export class Sound {
  /** @type {AudioContext|null} */
  #context = null;
  #last = -Infinity;
  #mutedUntil = -Infinity;

  /** A browser lets a page sound only after a key or click: call this from one. */
  allow() {
    this.#context ??= new AudioContext();
    if (this.#context.state === "suspended") void this.#context.resume();
  }

  /** Whether a tone now would be heard, the mute apart. */
  get allowed() {
    return this.#context?.state === "running";
  }

  /** Seconds left of the mute; 0 is not muted. */
  get mutedFor() {
    return Math.max(0, Math.ceil((this.#mutedUntil - performance.now()) / 1000));
  }

  /** Mute for its time, or end it. */
  toggleMute() {
    this.#mutedUntil = this.mutedFor > 0 ? -Infinity : performance.now() + MUTE;
  }

  /** An alarm is offered. @param {Class} of */
  offer(of) {
    if (of === "life_safety") this.#last = performance.now();
    this.#play(of);
  }

  /** Call now and then while a life-safety alarm waits; sounds when its time has come. */
  remind() {
    if (performance.now() - this.#last < TONE_AGAIN) return;
    this.#last = performance.now();
    this.#play("life_safety");
  }

  /** @param {Class} of */
  #play(of) {
    const context = this.#context;
    if (!context || context.state !== "running" || this.mutedFor > 0) return;
    for (const [hertz, start, length] of TONES[of] ?? []) {
      const at = context.currentTime + start;
      const note = context.createOscillator();
      const gain = context.createGain();
      note.frequency.value = hertz;
      gain.gain.setValueAtTime(0, at);
      gain.gain.linearRampToValueAtTime(0.25, at + 0.02);
      gain.gain.setValueAtTime(0.25, at + length - 0.04);
      gain.gain.linearRampToValueAtTime(0, at + length);
      note.connect(gain).connect(context.destination);
      note.start(at);
      note.stop(at + length);
    }
  }
}
