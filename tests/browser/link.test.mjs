/** The live connection when it breaks: gaps, cuts, silence, an ended session. */

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";

import { Mock } from "./mock.mjs";
import { launch, login, lostBand, newPage, notice, row, waitForRow, waitGone } from "./page.mjs";

let browser, mock, page;
before(async () => { browser = await launch(); });
after(() => browser.close());
beforeEach(async () => {
  mock = await new Mock().listen();
  page = await newPage(browser);
  await login(page, mock.link());
});
afterEach(async () => {
  await page.context().close();
  await mock.stop();
});

test("a missed number connects again and the new picture has what was missed", async () => {
  const first = mock.alarm();
  await waitForRow(page, first.alarm);
  mock.gap();
  mock.rows.delete(first.alarm);
  const second = mock.alarm();
  await waitForRow(page, second.alarm);
  await waitGone(page, first.alarm);
  await lostBand(page).waitFor({ state: "detached" });
  assert.equal(mock.live, 1, "the old connection is closed");
});

test("a cut is told in large letters with its time, the list stays, and all is well again by itself", async () => {
  const { alarm } = mock.alarm();
  await waitForRow(page, alarm);
  mock.refusing = true;
  mock.drop();
  const band = lostBand(page);
  await band.waitFor();
  const words = await band.textContent();
  assert.match(words ?? "", /Forbindelsen er brutt siden \d\d:\d\d:\d\d – listen kan være gammel/);
  assert.ok(await row(page, alarm).isVisible());
  await page.waitForTimeout(2500);
  assert.equal(await band.textContent(), words, "failed attempts do not make the list newer");
  const missed = mock.alarm();
  mock.refusing = false;
  await waitForRow(page, missed.alarm, 8000);
  await band.waitFor({ state: "detached" });
});

test("a connection that is open but silent is told after 12 s, and that it was is told afterwards", async () => {
  mock.beating = false;
  mock.refusing = true;
  const quiet = Date.now();
  await lostBand(page).waitFor({ timeout: 20_000 });
  const after = Date.now() - quiet;
  // The last beat may have come up to 5 s before.
  assert.ok(after >= 6_500 && after < 17_000, `told after ${after} ms`);
  mock.refusing = false;
  await lostBand(page).waitFor({ state: "detached", timeout: 8000 });
  assert.match((await notice(page)) ?? "", /Forbindelsen var brutt fra \d\d:\d\d:\d\d til/);
});

test("beats alone keep it whole", async () => {
  await page.waitForTimeout(13_500);
  assert.equal(await lostBand(page).count(), 0);
});

test("an ended session leads to the door, with the reason", async () => {
  mock.logAllOut();
  mock.drop();
  await page.locator(".door .missing", { hasText: "Økten er over" }).waitFor();
});

test("an act after the session ended leads to the door as well", async () => {
  const { alarm } = mock.alarm();
  await waitForRow(page, alarm);
  mock.logAllOut();
  await page.keyboard.press("n");
  await page.locator(".door .missing", { hasText: "Økten er over" }).waitFor();
  await page.waitForTimeout(300);
  assert.equal(await page.locator("#waiting").count(), 0);
});

test("after a reconnect the rows in sight are told painted on the new connection", async () => {
  const { alarm } = mock.alarm();
  await waitForRow(page, alarm);
  await page.waitForTimeout(300);
  mock.words.length = 0;
  mock.drop();
  for (const end = Date.now() + 5000; !mock.words.some((word) => word.painted?.includes(alarm)); ) {
    assert.ok(Date.now() < end, "told again");
    await page.waitForTimeout(20);
  }
});
