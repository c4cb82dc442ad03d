/** Moments and the page's clock. Times are shown as in Norway, whatever the machine is set to. */

import { t } from "./words.js";

/** @typedef {import("./types.js").Moment} Moment */

const zone = "Europe/Oslo";
const hm = new Intl.DateTimeFormat("nb-NO", { timeZone: zone, hour: "2-digit", minute: "2-digit" });
const hms = new Intl.DateTimeFormat("nb-NO", {
  timeZone: zone, hour: "2-digit", minute: "2-digit", second: "2-digit",
});
const day = new Intl.DateTimeFormat("nb-NO", { timeZone: zone, day: "numeric", month: "numeric" });

/** Milliseconds since 1970. @param {Moment} moment */
export const millis = (moment) => Number(moment) / 1e6;

/** Which of two moments is earlier: negative if `a`. Exact, where a number would round. @param {Moment} a @param {Moment} b */
export function earlier(a, b) {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Server time carried on by the page's monotonic clock: a wall clock set wrong on the desk ages no alarm. */
export class ServerClock {
  #offset = Date.now() - performance.now();

  /** @param {Moment} now as a beat or picture tells it */
  set(now) {
    this.#offset = millis(now) - performance.now();
  }

  /** Milliseconds since 1970, as the server would say. */
  now() {
    return performance.now() + this.#offset;
  }
}

/** The page's one clock. */
export const clock = new ServerClock();

/** 03:12:10 @param {number} at ms */
export const second = (at) => hms.format(at).replaceAll(".", ":");

/** 03:12, or 21.11. 03:12 when it was another day. @param {number} at ms @param {number} now ms */
export function minute(at, now) {
  const text = hm.format(at).replaceAll(".", ":");
  return day.format(at) === day.format(now) ? text : `${day.format(at)} ${text}`;
}

const date = new Intl.DateTimeFormat("nb-NO", { timeZone: zone, day: "numeric", month: "numeric", year: "numeric" });

/** 21.11.2026 03:12:10: for what may be years ago. @param {number} at ms */
export const stamp = (at) => `${date.format(at)} ${second(at)}`;

/** 0,4 s below ten seconds, else as `length`. @param {number} seconds */
export function finely(seconds) {
  const tenths = Math.round(seconds * 10);
  return tenths < 100 ? t("tenths", Math.floor(tenths / 10), tenths % 10) : length(seconds);
}

/** Midnight in Norway at the beginning of a day (2026-11-22), ms; `plus` ms later is still of that day or the next midnight. @param {string} date @param {number} [plus] */
export function midnight(date, plus = 0) {
  const day = Date.parse(`${date}T00:00:00Z`) + plus;
  // One hour before UTC in winter, two in summer.
  const winter = day - 3_600_000;
  return second(winter) === "00:00:00" ? winter : winter - 3_600_000;
}

/** 0:07, 12:40, 3 t 05 min, 2 d 4 t: short enough to read from a metre. @param {number} seconds */
export function age(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  if (s < 3600) return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}`;
  const hours = Math.floor(s / 3600);
  if (hours < 48) return t("hours_minutes", hours, String(Math.floor((s % 3600) / 60)).padStart(2, "0"));
  return t("days_hours", Math.floor(hours / 24), hours % 24);
}

/** A length in its largest fitting unit: 40 s, 7 min, 4 t, 3 d. @param {number} seconds */
export function length(seconds) {
  if (seconds < 60) return t("n_seconds", Math.round(seconds));
  if (seconds < 3600) return t("n_minutes", Math.round(seconds / 60));
  if (seconds < 172_800) return t("n_hours", Math.round(seconds / 3600));
  return t("n_days", Math.round(seconds / 86_400));
}
