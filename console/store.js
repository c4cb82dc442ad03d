/**
 * What the page knows, folded from messages. Pure: the same messages give the same state, and a state once
 * given out never changes, so that a row drawn from it is drawn again only when it is another row.
 */

import { earlier } from "./time.js";

/** @typedef {import("./types.js").Row} Row */
/** @typedef {import("./types.js").Message} Message */

/**
 * @typedef {object} State
 * @property {ReadonlyMap<number, Row>} rows every open alarm, by id
 * @property {readonly Row[]} waiting without an operator, by priority then age
 * @property {readonly Row[]} mine claimed in this session, oldest claim first
 * @property {readonly Row[]} others claimed elsewhere, newest claim first
 * @property {readonly import("./types.js").Shout[]} shouts oldest first
 * @property {import("./types.js").Health|null} health
 */

/** @type {State} */
export const EMPTY = { rows: new Map(), waiting: [], mine: [], others: [], shouts: [], health: null };

/** Waiting order: priority, then age, then id. @param {Row} a @param {Row} b */
export function byUrgency(a, b) {
  return a.priority - b.priority || earlier(a.since, b.since) || a.alarm - b.alarm;
}

/** @param {Row} a @param {Row} b */
const byClaim = (a, b) => earlier(a.claim?.since ?? "", b.claim?.since ?? "") || a.alarm - b.alarm;

/**
 * The state after a batch of messages. A batch costs one copy and one sort, however many messages it has.
 * @param {State} state @param {readonly Message[]} batch @returns {State}
 */
export function apply(state, batch) {
  if (batch.length === 0) return state;
  /** @type {Map<number, Row>|null} */
  let rows = null;
  const writable = () => (rows ??= new Map(state.rows));
  let { shouts, health } = state;
  for (const message of batch) {
    switch (message.t) {
      case "picture":
        rows = new Map(message.rows.map((row) => [row.alarm, row]));
        shouts = message.shouts;
        health = message.health;
        break;
      case "row":
        writable().set(message.row.alarm, message.row);
        break;
      case "gone":
        writable().delete(message.alarm);
        break;
      case "shout":
        shouts = [...shouts.filter((shout) => shout.id !== message.shout.id), message.shout];
        break;
      case "unshout":
        shouts = shouts.filter((shout) => shout.id !== message.id);
        break;
      case "health":
        health = message.health;
        break;
      case "offer":
        break;
    }
  }
  const base = { ...state, shouts, health };
  return rows ? { ...base, rows, ...lists(rows) } : base;
}

/** @param {ReadonlyMap<number, Row>} rows */
function lists(rows) {
  /** @type {{waiting: Row[], mine: Row[], others: Row[]}} */
  const out = { waiting: [], mine: [], others: [] };
  for (const row of rows.values()) {
    if (!row.claim) out.waiting.push(row);
    else if (row.claim.mine) out.mine.push(row);
    else out.others.push(row);
  }
  out.waiting.sort(byUrgency);
  out.mine.sort(byClaim);
  out.others.sort((a, b) => byClaim(b, a));
  return out;
}

/** @typedef {"claim"|"release"|"close"} Verb */

/** Whether a row, or none, shows that this session's act on it was done. @param {Row|undefined} row @param {Verb} verb */
export function isDone(row, verb) {
  if (verb === "close") return row === undefined;
  return row !== undefined && (verb === "claim" ? row.claim?.mine === true : row.claim === null);
}

/**
 * Where the operator stands in the list: an alarm by id, and its place. When the alarm goes, nothing else is
 * selected in its stead (a key already on its way down must not claim another); the place is where he goes on from.
 * @typedef {{alarm:number|null, place:number}} Selection
 */

/** @type {Selection} */
export const NOWHERE = { alarm: null, place: 0 };

/** The selection over a changed list. @param {readonly Row[]} waiting @param {Selection} selection @returns {Selection} */
export function keepSelection(waiting, selection) {
  const place = waiting.findIndex((row) => row.alarm === selection.alarm);
  return place < 0 || place === selection.place ? selection : { alarm: selection.alarm, place };
}

/** The selection moved by `step` rows, held at the ends. @param {readonly Row[]} waiting @param {Selection} selection @param {number} step @returns {Selection} */
export function moveSelection(waiting, selection, step) {
  const at = waiting.findIndex((row) => row.alarm === selection.alarm);
  // A row that went left a gap: down from it is the row now in its place, up from it the one above.
  const to = at >= 0 ? at + step : selection.place + (step > 0 ? step - 1 : step);
  const place = Math.min(waiting.length - 1, Math.max(0, to));
  const row = waiting[place];
  return row ? { alarm: row.alarm, place } : NOWHERE;
}

/**
 * The rows to draw of a long list: from index, to before index.
 * @param {{count:number, top:number, height:number, row:number, spare:number}} view pixels, but for the counts
 */
export function windowOf({ count, top, height, row, spare }) {
  const from = Math.max(0, Math.min(count, Math.floor(top / row)) - spare);
  const to = Math.min(count, Math.ceil((top + height) / row) + spare);
  return { from, to: Math.max(from, to) };
}

/** Alarms of a batch that the state before did not have: what is new to this page. @param {State} before @param {State} after @returns {Row[]} */
export function arrived(before, after) {
  if (before.rows === after.rows) return [];
  return after.waiting.filter((row) => !before.rows.has(row.alarm));
}
