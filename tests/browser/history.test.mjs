/** History in a real browser against the mock engine: search, page on, one alarm's timeline, all by keys. */

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";

import { violations } from "./axe.mjs";
import { Mock, moment } from "./mock.mjs";
import { CODES } from "./words.mjs";
import { launch, login, newPage } from "./page.mjs";

let browser, mock, page;
before(async () => { browser = await launch(); });
after(() => browser.close());
beforeEach(async () => {
  mock = await new Mock().listen();
  for (let n = 8; n > 0; n -= 1) mock.past.push(past(n));
  page = await newPage(browser);
  await login(page, mock.link());
});
afterEach(async () => {
  await page.context().close();
  await mock.stop();
});

function past(n) {
  const received = moment(Date.UTC(2026, 10, 21, 2, n));
  const codes = { cause: { code: 100, label: "Fall" }, action: { code: 204, label: "Hjemmetjeneste sendt" }, outcome: { code: 300, label: "Hjulpet på stedet" } };
  return {
    alarm: n * 10, kind: 100, name: "press", class: "life_safety", priority: 2, municipality: "0301", municipality_name: "Oslo",
    device: `link:A-${n}`, person: null, opened: received, received, happened: null, count: 2, flags: [], path: "link", sender: "verified", buffered: false,
    claimed: { at: moment(Number(received) / 1e6 + 20_000), operator: "kari" }, closed: { at: moment(Number(received) / 1e6 + 300_000), operator: "kari" }, codes,
    hops: { durable: received, receipt: received, presented: received, painted: moment(Number(received) / 1e6 + 400) },
  };
}

const found = () => page.locator(".past li");

test("history is searched, paged and opened by keys alone, and nothing on the page breaks a rule", async () => {
  await page.keyboard.press("h");
  await page.getByRole("dialog", { name: "Historikk" }).waitFor();
  await page.keyboard.press("Enter");
  await page.locator(".past li").nth(2).waitFor();
  assert.equal(await found().count(), 3);
  assert.match(await found().first().textContent(), /Trygghetsalarm utløst.*Oslo.*link:A-8.*Fall → Hjulpet på stedet/);
  await page.getByRole("button", { name: "Vis eldre" }).focus();
  await page.keyboard.press("Enter");
  await page.locator(".past li").nth(5).waitFor();
  assert.deepEqual(mock.searches, [{}, { before: "60" }]);
  assert.deepEqual(await violations(page), []);
  await found().first().getByRole("button").focus();
  await page.keyboard.press("Enter");
  await page.locator(".events li").nth(5).waitFor();
  const events = await page.locator(".events li").allTextContents();
  const [opened, again, claimed, refused, shown, closed] = events.map((text) => text.replace(/\s+/g, " "));
  assert.match(opened, /21.11.2026 03:08:00 Trygghetsalarm utløst åpnet alarmen/);
  assert.match(again, /03:08:09 .* igjen/);
  assert.match(claimed, /kari tok den/);
  assert.match(refused, /ola ville ta den – en annen hadde den/);
  assert.match(shown, /Tilbakestilt ble vist på den/);
  assert.match(closed, /kari avsluttet den: Fall · Hjemmetjeneste sendt · Hjulpet på stedet/);
  assert.match(await page.locator(".one-past dl").textContent(), /Til første tok den20 s.*Til avsluttet5 min.*Til den sto på en skjerm0,4 s/s);
  assert.deepEqual(await violations(page), []);
  if (process.env.SHOT) await page.screenshot({ path: process.env.SHOT });
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  assert.deepEqual(page.complaints, []);
});

test("a search sends what was filled in, in Norwegian days, and a refusal says what to do", async () => {
  const cause = String(CODES.causes[0].code);
  await page.getByRole("button", { name: "Historikk" }).click();
  await page.getByRole("textbox", { name: "Enhet" }).fill("A-3");
  await page.getByLabel("Fra og med").fill("2026-07-01");
  await page.getByLabel("Til og med").fill("2026-11-21");
  await page.locator("select[name=open]").selectOption("false");
  await page.locator("select[name=cause]").selectOption(cause);
  await page.keyboard.press("Tab");
  await page.getByRole("button", { name: "Søk" }).click();
  await found().first().waitFor();
  const day = (text) => `${BigInt(Date.parse(text)) * 1_000_000n}`;
  const wanted = { device: "A-3", from: day("2026-06-30T22:00:00Z"), to: day("2026-11-21T23:00:00Z"), open: "false", cause };
  assert.deepEqual(mock.searches, [wanted]);
  mock.historyRefusal = "too_slow";
  await page.getByRole("button", { name: "Søk" }).click();
  await page.locator("dialog [role=alert]", { hasText: "Velg kortere tid" }).waitFor();
  assert.equal(await found().count(), 1, "what was found stays");
  page.complaints.length = 0;
});
