/** The page's fold, without a browser. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { apply, arrived, byUrgency, EMPTY, keepSelection, moveSelection, NOWHERE, windowOf } from "../../console/store.js";
import { age, earlier } from "../../console/time.js";
import { notes, why } from "../../console/views/facts.js";

const row = (alarm, more = {}) => ({
  alarm, version: 1, kind: 100, name: "press", class: "life_safety", priority: 0, reasons: [{ reason: "class", class: "life_safety" }],
  municipality: "0301", municipality_name: "Oslo", device: "scaip:1", person: null, since: `17000000000000000${String(alarm).padStart(2, "0")}`,
  received: `17000000000000000${String(alarm).padStart(2, "0")}`, count: 1, signals: [], claim: null, withdrawn: null, flags: [],
  sender: "verified", path: "sip_tcp", buffered: false, ...more,
});
const put = (alarm, more) => ({ n: 1, t: "row", row: row(alarm, more) });
const picture = (...rows) => ({ t: "picture", n: 0, now: "0", rows, shouts: [], health: { log: "ok", since: "0" } });
const ids = (rows) => rows.map(({ alarm }) => alarm);
const kinds = new Map([[120, { kind: 120, name: "reset", class: "telemetry", label: "Tilbakestilt" }]]);

test("waiting is by priority, then age to the nanosecond, then id", () => {
  const same = "1700000000000000005";
  const state = apply(EMPTY, [picture(
    row(5, { priority: 3 }), row(4, { since: same }), row(3, { since: same }), row(2, { since: "1700000000000000004" }), row(1, { priority: 9 }),
  )]);
  assert.deepEqual(ids(state.waiting), [2, 3, 4, 5, 1]);
  assert.ok(earlier("999999999999999999", "1000000000000000000") < 0, "a shorter moment is earlier");
  assert.ok(byUrgency(row(1), row(2, { priority: 1 })) < 0);
});

test("a claim moves a row to mine or others; gone takes it away", () => {
  let state = apply(EMPTY, [picture(row(1), row(2), row(3))]);
  state = apply(state, [
    put(1, { claim: { operator: "kari", mine: true, since: "1" } }),
    put(2, { claim: { operator: "ola", mine: false, since: "2" } }),
  ]);
  assert.deepEqual([ids(state.waiting), ids(state.mine), ids(state.others)], [[3], [1], [2]]);
  state = apply(state, [{ n: 3, t: "gone", alarm: 1, by: "kari" }, put(2)]);
  assert.deepEqual([ids(state.waiting), ids(state.mine), ids(state.others)], [[2, 3], [], []]);
});

test("a picture starts over, and a state once given out never changes", () => {
  const first = apply(EMPTY, [picture(row(1), row(2))]);
  const shown = [...first.waiting];
  const second = apply(first, [{ n: 1, t: "gone", alarm: 1, by: "ola" }, picture(row(7))]);
  assert.deepEqual(ids(second.waiting), [7]);
  assert.deepEqual(first.waiting, shown);
  assert.ok(first.rows.has(1));
});

test("a row untouched by a batch is the same object: it is not drawn again", () => {
  const first = apply(EMPTY, [picture(row(1), row(2))]);
  const second = apply(first, [put(2, { count: 2 })]);
  assert.equal(second.rows.get(1), first.rows.get(1));
  assert.notEqual(second.rows.get(2), first.rows.get(2));
});

test("shouts come, change in place of themselves, and go; health is the last told", () => {
  const shout = { id: "a", sent_on: false };
  let state = apply(EMPTY, [{ n: 1, t: "shout", shout }, { n: 2, t: "shout", shout: { ...shout, sent_on: true } }]);
  assert.deepEqual(state.shouts, [{ id: "a", sent_on: true }]);
  state = apply(state, [{ n: 3, t: "unshout", id: "a", alarm: 9 }, { n: 4, t: "health", health: { log: "full", since: "1" } }]);
  assert.deepEqual([state.shouts, state.health?.log], [[], "full"]);
});

test("what goes takes nothing else into its place, and the keys go on from the gap", () => {
  const rows = [row(1), row(2), row(3)];
  const on2 = moveSelection(rows, moveSelection(rows, NOWHERE, 1), 1);
  assert.deepEqual(on2, { alarm: 2, place: 1 });
  const without2 = [row(1), row(3)];
  const kept = keepSelection(without2, on2);
  assert.equal(kept.alarm, 2, "still the one that went: Enter must not claim its neighbour");
  assert.equal(moveSelection(without2, kept, 1).alarm, 3);
  assert.equal(moveSelection(without2, kept, -1).alarm, 1);
  assert.deepEqual(keepSelection([row(9), ...rows], on2), { alarm: 2, place: 2 });
  assert.equal(moveSelection(rows, on2, Infinity).alarm, 3);
  assert.equal(moveSelection(rows, on2, -Infinity).alarm, 1);
  assert.deepEqual(moveSelection([], on2, 1), NOWHERE);
});

test("the window covers what is in sight, with spare rows, within the list", () => {
  assert.deepEqual(windowOf({ count: 1000, top: 5000, height: 800, row: 100, spare: 6 }), { from: 44, to: 64 });
  assert.deepEqual(windowOf({ count: 300, top: 0, height: 800, row: 100, spare: 6 }), { from: 0, to: 14 });
  // The list shrank under a scroll position that no longer exists.
  assert.deepEqual(windowOf({ count: 10, top: 90_000, height: 800, row: 100, spare: 6 }), { from: 4, to: 10 });
});

test("only alarms new to the page have arrived", () => {
  const first = apply(EMPTY, [picture(row(1))]);
  assert.deepEqual(ids(arrived(first, apply(first, [put(1, { count: 2 }), put(2)]))), [2]);
});

test("a row says in words why, how often, how late and what to doubt", () => {
  const hour = 3_600_000_000_000n;
  const received = 1_700_000_000_000_000_000n;
  const late = row(1, {
    buffered: true, received: String(received), since: String(received - 4n * hour), count: 3, flags: ["legacy_text", "undecodable"],
    sender: "doubtful", withdrawn: { kind: 120, at: String(received) },
    reasons: [{ reason: "class", class: "life_safety" }, { reason: "repeats", n: 2 }, { reason: "buffered", seconds: 14_400 }, { reason: "newer_than_us" }],
    signals: [{ seq: 1, kind: 100, received: String(received) }],
  });
  assert.equal(why(late), "Prioritet 0: liv og helse, gjentatt 2 ganger, kom 4 t for sent, newer than us");
  const said = notes(late, kinds, Number(received / 1_000_000n)).map(({ text }) => text);
  assert.equal(said[0], "kunne ikke leses – kan være en person", "the gravest first");
  assert.ok(said.includes("trykket 19:13, ventet 4 t"), String(said));
  assert.ok(said.includes("3 ganger: … 23:13:20"), String(said));
  assert.ok(said.includes("avsender ikke bekreftet"));
  assert.ok(said.includes("Tilbakestilt 23:13 – må fortsatt avsluttes"), String(said));
});

test("ages are short", () => {
  assert.deepEqual([age(7), age(760), age(3900), age(187_200)], ["0:07", "12:40", "1 t 05 min", "2 d 4 t"]);
});
