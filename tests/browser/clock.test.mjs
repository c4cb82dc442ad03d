/** The page's clock and the age of an alarm over both changes of summer time, on a desk set to another zone. */

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";

import { Mock, moment } from "./mock.mjs";
import { launch, login, newPage, row, waitForRow } from "./page.mjs";

let browser, mock, page;
before(async () => { browser = await launch(); });
after(() => browser.close());
beforeEach(async () => {
  mock = await new Mock().listen();
  page = await newPage(browser, { timezoneId: "America/New_York" });
});
afterEach(async () => {
  await page.context().close();
  await mock.stop();
});

/** Minutes of an age such as 30:04. */
const minutes = async (alarm) => Number((await row(page, alarm).locator(".age-text").textContent())?.split(":")[0]);

/** Waits for the page's clock to show it. */
const shows = (what) => page.waitForFunction((text) => new RegExp(text).test(document.querySelector(".wall")?.textContent ?? ""),
  what.source, { timeout: 15_000 });

/** An alarm half an hour old, looked at in the minute before a change and, once the clock went over it, in the one after. */
async function over(change, { received, before, after }) {
  const at = Date.parse(change);
  await login(page, mock.link());
  mock.sets(at - 50_000);
  await shows(before);
  const since = moment(at - 30 * 60_000);
  const { alarm } = mock.alarm({ since, received: since });
  await waitForRow(page, alarm);
  assert.equal(await minutes(alarm), 29, "the age before the change");
  assert.match(await row(page, alarm).locator(".row-where").textContent() ?? "", received);
  mock.sets(at - 1_500);
  await shows(after);
  assert.equal(await minutes(alarm), 30, "the age goes on over the change");
  assert.deepEqual(page.complaints, []);
}

test("on 25 October 2026 02:59 is followed by 02:00, and an alarm's age goes on", () =>
  over("2026-10-25T01:00:00Z", { received: /02:30/, before: /^02:59:/, after: /^02:00:/ }));

test("on 28 March 2027 01:59 is followed by 03:00, and an alarm's age goes on", () =>
  over("2027-03-28T01:00:00Z", { received: /01:30/, before: /^01:59:/, after: /^03:00:/ }));
