/** The desk in a real browser against the mock engine: login, alarms, claims, closing, shouts. */

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";

import { Mock, moment } from "./mock.mjs";
import { claim, claimNext, close, launch, login, newPage, notice, row, shouts, waitForOther, waitForRow, waitGone } from "./page.mjs";

let browser, mock, page;
before(async () => { browser = await launch(); });
after(() => browser.close());
beforeEach(async () => {
  mock = await new Mock().listen();
  page = await newPage(browser);
});
afterEach(async () => {
  await page.context().close();
  await mock.stop();
});

const until = async (what, true_, ms = 4000) => {
  for (const end = Date.now() + ms; !true_(); ) {
    if (Date.now() > end) assert.fail(`not within ${ms} ms: ${what}`);
    await new Promise((done) => setTimeout(done, 10));
  }
};
const painted = (alarm) => mock.words.some((word) => word.painted?.includes(alarm));

test("a one-time link logs in once, and leaves the address bar at once", async () => {
  const link = mock.link();
  await login(page, link);
  assert.equal(page.url(), `${mock.url}/`);
  assert.match(await page.title(), /DEMO/);
  const second = await newPage(browser);
  await second.goto(link);
  await second.locator(".door .missing", { hasText: "gjelder én gang" }).waitFor();
  assert.equal(second.url(), `${mock.url}/`);
  await second.getByLabel("Navn").fill("kari");
  await second.getByLabel("Passord").fill("riktig hest");
  await second.keyboard.press("Enter");
  await second.waitForSelector("#waiting");
  await second.context().close();
  assert.deepEqual(page.complaints, [], "nothing breaks the content policy");
});

test("an alarm appears with its words and class, counts in the title, and is told painted", async () => {
  await login(page, mock.link());
  const { alarm } = mock.alarm({ kind: 102 });
  await waitForRow(page, alarm);
  const words = await row(page, alarm).textContent();
  for (const word of ["Fall oppdaget", "Liv og helse", "Oslo", "Prioritet 0"]) assert.ok(words?.includes(word), word);
  await until("painted", () => painted(alarm));
  assert.match(await page.title(), /^\(1\) .*Varde$/);
  await page.locator("[aria-live=polite]", { hasText: "Fall oppdaget, Oslo" }).waitFor({ state: "attached" });
  await page.waitForTimeout(200);
  assert.equal(mock.words.filter((word) => word.painted?.includes(alarm)).length, 1, "told once");
});

test("a row scrolled out of sight is not told painted until it is scrolled to", async () => {
  for (let i = 0; i < 30; i += 1) mock.alarm();
  await login(page, mock.link());
  await until("the first", () => painted(17));
  await page.waitForTimeout(300);
  assert.ok(!painted(46), "the last row is far below");
  await page.locator("#waiting").focus();
  await page.keyboard.press("End");
  await until("the last, once in sight", () => painted(46));
});

test("a hidden page tells nothing painted until it is seen", async () => {
  await login(page, mock.link());
  const hide = (hidden) => page.evaluate((hidden) => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
    document.dispatchEvent(new Event("visibilitychange"));
  }, hidden);
  await hide(true);
  const { alarm } = mock.alarm();
  await waitForRow(page, alarm);
  await page.waitForTimeout(400);
  assert.ok(!painted(alarm));
  await hide(false);
  await until("painted once seen", () => painted(alarm));
});

test("Enter claims the selected, N the most urgent; the second page sees who has what", async () => {
  await login(page, mock.link("kari"));
  const other = await newPage(browser);
  await login(other, mock.link("ola"));
  const dose = mock.alarm({ kind: 302 });
  const fall = mock.alarm({ kind: 102 });
  await claim(page, dose.alarm);
  assert.match(await waitForOther(other, "kari"), /Dose ikke tatt.*kari har den siden/);
  await waitGone(other, dose.alarm);
  await claimNext(other);
  assert.equal(mock.rows.get(fall.alarm).claim.operator, "ola");
  await page.locator(".mine dd", { hasText: "Halssmykke" }).waitFor();
  await other.context().close();
});

test("one already taken is told with who and when, and Enter again claims no other", async () => {
  await login(page, mock.link("kari"));
  const { alarm } = mock.alarm();
  const next = mock.alarm();
  await waitForRow(page, alarm);
  mock.refusals.push({ status: 409, body: { error: "taken", by: "ola", since: moment() } });
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.locator(".notice.grave", { hasText: "ola tok den" }).waitFor();
  mock.change(alarm, { claim: { operator: "ola", session: "x", since: moment() } });
  await waitGone(page, alarm);
  await page.keyboard.press("Enter");
  await page.waitForTimeout(200);
  assert.equal(mock.rows.get(next.alarm).claim, null, "the neighbour was not claimed in its stead");
});

test("an act not stored is sent again with the same id", async () => {
  await login(page, mock.link());
  const { alarm } = mock.alarm();
  mock.refusals.push({ status: 503, body: { error: "not_stored" } }, { status: 503, body: { error: "not_stored" } });
  await claim(page, alarm);
  assert.equal(mock.acts.length, 3);
  assert.equal(new Set(mock.acts.map(({ body }) => body.act)).size, 1);
  assert.match(mock.acts[0].body.act, /^[0-9a-f]{32}$/);
});

test("an act told as not stored and done after all is told as done", async () => {
  await login(page, mock.link());
  const { alarm } = mock.alarm();
  await waitForRow(page, alarm);
  mock.refusals.push(...Array(3).fill({ status: 503, body: { error: "not_stored" } }));
  await page.keyboard.press("n");
  await page.locator(".notice.grave", { hasText: "IKKE LAGRET" }).waitFor();
  const [{ session }] = mock.sessions;
  mock.change(alarm, { claim: { operator: "kari", session, since: moment() } });
  await page.locator(".mine .card").waitFor();
  assert.match(await notice(page), /^Du har Trygghetsalarm utløst, Oslo/);
  assert.equal(await page.locator(".notice.grave").count(), 0);
});

test("an alarm is closed by keys, with codes and a note", async () => {
  await login(page, mock.link());
  const { alarm } = mock.alarm();
  await claim(page, alarm);
  await close(page, ["a", "e", "b"], "Falt på badet. Jeg ringte n.");
  assert.ok(!mock.rows.has(alarm));
  const { version, cause, action, outcome, note } = mock.acts.at(-1).body;
  assert.deepEqual([version, cause, action, outcome, note], [2, 1, 5, 2, "Falt på badet. Jeg ringte n."]);
  assert.equal(mock.acts.length, 2, "letters typed in the note were no commands");
  assert.match(await notice(page), /Avsluttet og lagret/);
});

test("closing without an answer asks for it; one R does not release, two do", async () => {
  await login(page, mock.link());
  const { alarm } = mock.alarm();
  await claim(page, alarm);
  await page.keyboard.press("c");
  await page.keyboard.press("a");
  await page.keyboard.press("Enter");
  await page.locator(".close-form .missing", { hasText: "Velg tiltak først" }).waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("r");
  await page.getByText("Trykk R igjen").waitFor();
  assert.notEqual(mock.rows.get(alarm).claim, null);
  await page.keyboard.press("r");
  await waitForRow(page, alarm);
});

test("a viewer sees all and can claim nothing", async () => {
  const { alarm } = mock.alarm();
  await login(page, mock.link("vera", "viewer"));
  await waitForRow(page, alarm);
  await page.keyboard.press("n");
  await page.waitForTimeout(200);
  assert.deepEqual(mock.acts, []);
  assert.equal(await page.locator(".claim").count(), 0);
});

test("a leader lets a colleague in by a link that works", async () => {
  await login(page, mock.link("lea", "leader"));
  await page.getByRole("button", { name: "Slipp inn en kollega" }).click();
  await page.getByLabel("Navn").fill("per");
  await page.keyboard.press("Enter");
  const link = await page.locator(".made input").inputValue();
  const colleague = await newPage(browser);
  await login(colleague, link);
  await colleague.locator(".who", { hasText: "per" }).waitFor();
  await colleague.context().close();
});

test("a shout stands above all, is told painted, changes when sent on, and is replaced by its row", async () => {
  await login(page, mock.link());
  const shout = { id: "c0ffee", kind: 100, name: "press", class: "life_safety", municipality: "0301", municipality_name: "Oslo", device: "scaip:8031372", received: moment(), sent_on: false };
  mock.shout(shout);
  await shouts(page).filter({ hasText: "Ikke lagret – prøver ennå" }).waitFor();
  await until("told painted", () => mock.words.some((word) => word.painted_shouts?.includes("c0ffee")));
  mock.shout({ ...shout, sent_on: true });
  await shouts(page).filter({ hasText: "Ikke lagret – enheten er sendt videre" }).waitFor();
  const { alarm } = mock.alarm();
  mock.unshout("c0ffee", alarm);
  await shouts(page).waitFor({ state: "detached" });
  await waitForRow(page, alarm);
});

test("the log's health is told, and untold when it is well", async () => {
  await login(page, mock.link());
  for (const [log, words] of [["stalled", "Loggen henger"], ["full", "Disken er full"], ["stopped", "Loggen har stoppet"]]) {
    mock.setHealth(log);
    await page.locator(".band.health", { hasText: words }).waitFor();
  }
  mock.setHealth("ok");
  await page.locator(".band.health").waitFor({ state: "detached" });
});

test("new alarms do not move the row under the operator's hand; the edge names them", async () => {
  for (let i = 0; i < 12; i += 1) mock.alarm({ kind: 302 });
  await login(page, mock.link());
  const alarm = await waitForRow(page, 21);
  await row(page, alarm).click();
  const where = async () => Math.round((await row(page, alarm).boundingBox()).y);
  const stood = await where();
  const fall = mock.alarm({ kind: 102 });
  mock.alarm({ kind: 100 });
  await page.locator(".edge", { hasText: "2 nye over: Fall oppdaget" }).waitFor();
  assert.equal(await where(), stood);
  assert.equal(await row(page, alarm).getAttribute("aria-selected"), "true");
  await page.keyboard.press("Home");
  await until("the new one, once scrolled to", () => painted(fall.alarm));
  await page.locator(".edge").waitFor({ state: "detached" });
});

test("a real centre has no DEMO band, a load test says so, and English is remembered", async () => {
  const real = await new Mock({ purpose: "real" }).listen();
  await login(page, real.link());
  assert.equal(await page.locator(".purpose").count(), 0);
  assert.equal(await page.title(), "Varde");
  await page.getByRole("button", { name: "English" }).click();
  await page.getByText("Nobody is waiting").waitFor();
  await page.reload();
  await page.getByText("Nobody is waiting").waitFor();
  assert.equal(await page.locator("html").getAttribute("lang"), "en");
  await real.stop();
  const load = await new Mock({ purpose: "load_test" }).listen();
  const other = await newPage(browser);
  await login(other, load.link());
  await other.locator(".purpose", { hasText: "LASTTEST" }).waitFor();
  await other.context().close();
  await load.stop();
});

test("a windowed list holds still too, and walks by key beyond its window", async () => {
  for (let i = 0; i < 100; i += 1) mock.alarm({ kind: 302 });
  await login(page, mock.link());
  await waitForRow(page, 17);
  assert.ok((await page.locator("#waiting [data-alarm]").count()) < 40);
  for (let i = 0; i < 30; i += 1) await page.keyboard.press("j");
  const alarm = await waitForRow(page, 46);
  const where = async () => Math.round((await row(page, alarm).boundingBox()).y);
  const stood = await where();
  mock.alarm({ kind: 102 });
  mock.alarm({ kind: 102 });
  await page.locator(".edge", { hasText: "2 nye over" }).waitFor();
  assert.equal(await where(), stood);
  assert.equal(await row(page, alarm).getAttribute("aria-rowindex"), "32");
});

test("S mutes for five minutes, told on the page, and S again ends it", async () => {
  await login(page, mock.link());
  await page.keyboard.press("s");
  await page.getByRole("button", { name: /Lyd av i [45]:\d\d/ }).waitFor();
  await page.keyboard.press("s");
  await page.getByRole("button", { name: "Lyd på" }).waitFor();
});
