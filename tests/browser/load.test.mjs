/** A storm: 300 and more rows, 200 updates a second. The page stays smooth and does not grow. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Mock, moment } from "./mock.mjs";
import { launch, login, newPage, waitForRow } from "./page.mjs";

const ROWS = 300;
const RATE = 200;
const SECONDS = 8;
/** Milliseconds by which updates may lengthen the median frame of the same page at rest, on this machine, now. */
const FRAME_MORE = 17;
/** The frame p95 at most, ms: wide, because a machine busy with other things stretches it. */
const FRAME_P95 = 200;
/** The part of one core's time the page's main thread may take: what a busy machine does not change. */
const BUSY = 0.6;
/** What the fold itself may hold on to, bytes. */
const GROWTH = 3_000_000;

/** Lengths of the frames drawn while something is done, ms. */
async function frames(page, during) {
  await page.evaluate(() => {
    window.watched = [];
    let last = performance.now();
    const frame = (now) => {
      window.watched?.push(now - last);
      last = now;
      if (window.watched) requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
  await during();
  const lengths = await page.evaluate(() => {
    const { watched } = window;
    window.watched = undefined;
    return watched;
  });
  lengths.sort((a, b) => a - b);
  const [p50, p95] = [0.5, 0.95].map((q) => lengths[Math.floor(lengths.length * q)]);
  return { p50, p95 };
}

/** Heap in use after a collection, elements in the page, CPU seconds of its main thread. */
async function weight(client) {
  await client.send("HeapProfiler.collectGarbage");
  await client.send("HeapProfiler.collectGarbage");
  const { usedSize } = await client.send("Runtime.getHeapUsage");
  const { metrics } = await client.send("Performance.getMetrics");
  const metric = (wanted) => metrics.find(({ name }) => name === wanted).value;
  return { heap: usedSize, nodes: metric("Nodes"), cpu: metric("TaskDuration") };
}

/** One round: at rest, then under the storm. */
async function measure(page, client, mock) {
  const rest = await frames(page, () => page.waitForTimeout(3000));
  const before = await weight(client);
  let sent = 0;
  const { p50, p95 } = await frames(page, async () => { sent = await run(mock, SECONDS); });
  const after = await weight(client);
  const busy = (after.cpu - before.cpu) / SECONDS;
  const heap = after.heap - before.heap;
  const words = `${sent} updates, frames p50 ${p50.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms (at rest ${rest.p50.toFixed(1)}, ${rest.p95.toFixed(1)}), ` +
    `main thread ${(busy * 100).toFixed(0)} %, heap ${(heap / 1e6).toFixed(2)} MB more of ${(after.heap / 1e6).toFixed(1)}, nodes ${before.nodes} → ${after.nodes}`;
  const smooth = p50 < rest.p50 + FRAME_MORE && p95 < FRAME_P95;
  return { sent, smooth, light: busy < BUSY, heap, nodes: { before: before.nodes, after: after.nodes }, words };
}

const pages = [["windowed", ROWS], ["whole", 40]];
for (const [name, count] of pages)
  test(`${count} rows (${name}) at ${RATE} updates/s`, async (t) => {
    const browser = await launch();
    const mock = await new Mock().listen();
    t.after(async () => { await browser.close(); await mock.stop(); });
    const kinds = [100, 302, 602, 102, 600];
    for (let i = 0; i < count; i += 1) mock.alarm({ kind: kinds[i % 5] });
    const page = await newPage(browser);
    await login(page, mock.link());
    await waitForRow(page, 17);
    const drawn = await page.locator("#waiting [data-alarm]").count();
    assert.ok(name === "whole" ? drawn === count : drawn < 40, `${drawn} rows in the page`);

    const client = await page.context().newCDPSession(page);
    await client.send("Performance.enable", { timeDomain: "threadTicks" });
    await run(mock, 2);
    // Another program's second on this machine is not the page's: the best of three rounds counts.
    let round;
    for (let n = 0; n < 3 && !(round?.smooth && round.light); n += 1) {
      round = await measure(page, client, mock);
      t.diagnostic(round.words);
    }
    assert.ok(round.sent >= RATE * SECONDS * 0.9, `only ${round.sent} updates were sent`);
    assert.ok(round.smooth, `the frames are too long: ${round.words}`);
    assert.ok(round.light, `the main thread is too busy: ${round.words}`);
    assert.ok(round.heap < GROWTH, `heap grew ${round.heap} bytes`);
    assert.ok(round.nodes.after < round.nodes.before * 1.2 + 200, `elements ${round.nodes.before} → ${round.nodes.after}`);
    assert.equal(await page.locator(".band.lost").count(), 0);
    assert.match(await page.title(), new RegExp(`^\\(${mock.rows.size}\\) `), "no update was lost");
    assert.deepEqual(page.complaints, []);
  });

/** Repeats, priorities that change, alarms that come and go: the list reorders all the time. */
async function run(mock, seconds) {
  const began = Date.now();
  let sent = 0;
  while (Date.now() - began < seconds * 1000) {
    for (const due = ((Date.now() - began) / 1000) * RATE; sent < due; sent += 1) {
      const ids = [...mock.rows.keys()];
      const alarm = ids[(sent * 7919) % ids.length];
      const row = mock.rows.get(alarm);
      if (sent % 20 === 0) {
        mock.gone(alarm, "ola");
        mock.alarm({ kind: row.kind });
        sent += 1;
      } else mock.change(alarm, { count: row.count + 1, priority: (row.priority + 1) % 9, signals: [...row.signals.slice(-3), { seq: sent, kind: row.kind, received: moment() }] });
    }
    await new Promise((done) => setTimeout(done, 4));
  }
  return sent;
}
