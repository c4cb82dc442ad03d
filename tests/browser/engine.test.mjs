/** The operators' page against the real engine: units on SIP, operators in Chromium, a disk that stalls, kill -9. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { violations } from "./axe.mjs";
import { Disk, Engine, folder, until } from "./engine.mjs";
import {
  claim, close, launch, login, lostBand, newPage, notice, row, shouts, waitForOther, waitForRow, waitGone,
} from "./page.mjs";
import { pressed, TcpUnit, UdpUnit } from "./unit.mjs";

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

/** An engine in a folder of its own; both are gone when the test is over. */
async function started(t, how = {}) {
  const where = await folder();
  const engine = await Engine.start(where, { ...how, env: how.env?.(where) });
  t.after(async () => { await engine.stop(); await where.remove(); });
  return { engine, where };
}

/** A page of its own, closed when the test is over. */
async function opened(t, link) {
  const page = await newPage(browser);
  t.after(() => page.context().close());
  await login(page, link);
  return page;
}

async function unit(t, engine, cid) {
  const unit = await TcpUnit.connect(engine.port("sip_tcp"), cid);
  t.after(() => unit.close());
  return unit;
}

/** The leader at `page` lets a colleague in, as the dialog does it. */
async function letIn(t, page, operator) {
  await page.getByRole("button", { name: "Slipp inn en kollega" }).click();
  await page.getByLabel("Navn").fill(operator);
  await page.keyboard.press("Enter");
  const link = await page.locator(".made input").inputValue();
  await page.keyboard.press("Escape");
  return opened(t, link);
}

/** Holds back what the server tells this page while `held`; what the page says goes out at once. */
async function behind(page) {
  const behind = { held: false };
  await page.routeWebSocket(/\/api\/live$/, (socket) => {
    const server = socket.connectToServer();
    const late = [];
    server.onMessage((message) => (behind.held ? late.push(message) : socket.send(message)));
    behind.release = () => {
      behind.held = false;
      for (const message of late.splice(0)) socket.send(message);
    };
  });
  await page.reload();
  await page.waitForSelector("#waiting");
  return behind;
}

test("an alarm over SIP appears, is claimed, and a second browser sees that it is taken", async (t) => {
  const { engine } = await started(t);
  const a = await opened(t, await engine.link());
  const b = await letIn(t, a, "ola");
  const late = await behind(b);
  assert.match(await a.title(), /LASTTEST/);

  const pendant = await unit(t, engine, "8031372");
  assert.equal(await pendant.press("a1"), 0, "mrs snu 0: stored");
  const alarm = await waitForRow(a, "8031372");
  assert.equal(await waitForRow(b, "8031372"), alarm, "both show the same alarm");
  const words = await row(a, alarm).textContent();
  for (const word of ["Liv og helse", "Oslo", "scaip:8031372", "Prioritet"]) assert.ok(words.includes(word), `${word} in ${words}`);
  await until("told painted", async () => (await engine.figure("varde_painted_seconds_count")) === 1);
  assert.deepEqual(await violations(a), [], "axe, an alarm waits");

  assert.equal(await pendant.press("a2"), 0);
  await row(a, alarm).locator(".chip", { hasText: "2 ganger" }).waitFor();
  assert.equal(await a.locator("#waiting [data-alarm]").count(), 1, "a repeat opens no second alarm");

  // B stands on the row and has not yet heard that A took it: the server tells him.
  await row(b, alarm).locator(".row-what").click();
  late.held = true;
  await claim(a, alarm);
  await b.keyboard.press("Enter");
  await b.locator(".notice.grave", { hasText: /vaktleder tok den \d\d:\d\d:\d\d\. Du har den ikke\./ }).waitFor();
  late.release();
  assert.match(await waitForOther(b, "vaktleder"), /vaktleder har den siden \d\d:\d\d:\d\d/);
  await waitGone(b, alarm);
  assert.deepEqual({ waiting: 0, open: 1 }, await engine.state().then(({ waiting, open }) => ({ waiting, open })));

  await a.locator(".mine .signals > li").nth(1).waitFor();
  const facts = await a.locator(".mine .signals").textContent();
  for (const word of ["a1", "a2", "Enhetstype", "SIP"]) assert.ok(facts.includes(word), `${word} in ${facts}`);
  assert.deepEqual(await violations(a), [], "axe, an own alarm");
  await close(a, ["a", "e", "a"], "Falt på badet.");
  await a.locator(".mine .card").waitFor({ state: "detached" });
  assert.match(await notice(a), /Avsluttet og lagret/);
  await b.locator(".others").waitFor({ state: "detached" });
  assert.equal((await engine.state()).open, 0);
  assert.deepEqual([...a.complaints, ...b.complaints.filter((line) => !/409/.test(line))], [], "the page breaks nothing");
});

test("every_press_of_a_ten_second_stall_is_shown_and_replaced_by_its_entry", async (t) => {
  let disk;
  const { engine } = await started(t, { env: (where) => (disk = new Disk(where)).env });
  const page = await opened(t, await engine.link());
  const units = await Promise.all(["7001", "7002", "7003"].map((cid) => unit(t, engine, cid)));
  const shout = ({ cid }) => shouts(page).filter({ hasText: `scaip:${cid}` });

  disk.delay(60_000);
  const began = Date.now();
  const refused = [];
  for (const each of units) {
    const sent = Date.now();
    each.send(pressed(each.cid, `during-${each.cid}`));
    await shout(each).filter({ hasText: "Ikke lagret – prøver ennå" }).waitFor({ timeout: 2000 });
    assert.ok(Date.now() - sent <= 2000, `shown ${Date.now() - sent} ms after it was sent`);
    refused.push(each.hears("a SIP answer", ({ sip }) => sip !== undefined).then(({ sip, at }) => ({ sip, after: at - sent })));
  }
  for (const { sip, after } of await Promise.all(refused)) {
    assert.equal(sip, 503);
    assert.ok(after > 3500 && after < 5500, `the unit was sent on after ${after} ms`);
  }
  for (const each of units) await shout(each).filter({ hasText: "Ikke lagret – enheten er sendt videre" }).waitFor();
  await page.locator(".band.health", { hasText: "Loggen henger siden" }).waitFor();
  assert.equal(await page.locator("#waiting [data-alarm]").count(), 0, "what is not stored is no alarm yet");
  assert.deepEqual(await violations(page), [], "axe, a stalled log");
  await until("told painted", async () => (await engine.figure("varde_shout_painted_seconds_count")) >= 3);

  await page.waitForTimeout(10_000 - (Date.now() - began));
  disk.delay(0);
  for (const each of units) await waitForRow(page, `scaip:${each.cid}`);
  await shouts(page).first().waitFor({ state: "detached" });
  await page.locator(".band.health").waitFor({ state: "detached" });
  assert.ok(units.every(({ told }) => told.every(({ mrs }) => mrs === undefined)), "no unit was promised anything");

  for (const each of units) assert.equal(await each.press(`during-${each.cid}`), 0, "asked again: it is stored");
  assert.equal(await page.locator("#waiting [data-alarm]").count(), 3);
  assert.equal(await page.locator("#waiting .chip", { hasText: "ganger" }).count(), 0, "asking again is no repeat");
  assert.equal(await engine.figure("varde_alarms_opened_total"), 3);
  assert.deepEqual(page.complaints, []);
});

test("a restart keeps the list and the login", async (t) => {
  const { engine, where } = await started(t);
  const page = await opened(t, await engine.link());
  for (const cid of ["6001", "6002"]) assert.equal(await (await unit(t, engine, cid)).press("r1"), 0);
  const waiting = await waitForRow(page, "scaip:6002");
  const mine = await claim(page, await waitForRow(page, "scaip:6001"));
  const { head: _, seq, ...state } = await engine.state();

  await engine.kill();
  await lostBand(page).filter({ hasText: "Forbindelsen er brutt siden" }).waitFor();
  assert.ok(await row(page, waiting).isVisible(), "the list stays, marked as old");
  const again = await Engine.start(where, { port: engine.port("console") });
  t.after(() => again.stop());
  await lostBand(page).waitFor({ state: "detached", timeout: 10_000 });
  assert.match(await notice(page), /Forbindelsen var brutt fra \d\d:\d\d:\d\d til \d\d:\d\d:\d\d/);
  assert.equal(await page.locator("#waiting [data-alarm]").count(), 1);
  assert.equal(await waitForRow(page, "scaip:6002"), waiting);
  await page.locator(".mine .facts", { hasText: "scaip:6001" }).first().waitFor();
  const after = await again.state();
  assert.ok(after.seq >= seq, "nothing was lost");
  assert.deepEqual([after.waiting, after.open], [state.waiting, state.open]);

  await page.reload();
  await page.locator(".who", { hasText: "vaktleder" }).waitFor();
  await page.locator(".mine .facts", { hasText: "scaip:6001" }).first().waitFor();
  await page.locator("#waiting").focus();
  await close(page);
  await until(`alarm ${mine} is closed`, async () => (await again.state()).open === 1);
});

test("a broken message is before the operator", async (t) => {
  const { engine } = await started(t);
  const page = await opened(t, await engine.link());
  const broken = await UdpUnit.open(engine.port("sip_udp"), "5005");
  t.after(() => broken.close());
  broken.send("<mrq><ref>b1</ref><cid>5005</cid><dty>0003</dty><stc>00");
  const alarm = await waitForRow(page, "scaip:5005");
  const words = await row(page, alarm).textContent();
  for (const word of ["Uleselig", "kunne ikke leses – kan være en person", "avsender ikke bekreftet", "Liv og helse"])
    assert.ok(words.includes(word), `${word} in ${words}`);
  await broken.hears("200: it is stored", ({ sip }) => sip === 200);
  const { mrs } = await broken.hears("an mrs that refuses", ({ reference }) => reference === "b1");
  assert.notEqual(mrs, 0, "a unit is not told that an unreadable message was read");
  await claim(page, alarm);
  await page.locator(".mine summary").click();
  await page.locator(".mine pre", { hasText: "<mrq><ref>b1</ref><cid>5005</cid><dty>0003</dty><stc>00" }).waitFor();
  assert.deepEqual(page.complaints, []);
});

test("a demonstration says so, its devices connect, and an alarm comes", async (t) => {
  const { engine } = await started(t, { command: "demo" });
  const page = await opened(t, await engine.link());
  await page.locator(".purpose", { hasText: "DEMO – ingen ekte personer" }).waitFor();
  assert.match(await page.title(), /DEMO/);
  const connected = async () => (await engine.figure('varde_connections{listener="link"}')) + (await engine.figure('varde_connections{listener="sip_'));
  await until("its devices connect", async () => (await connected()) >= 20, 20_000);
  await page.locator("#waiting [data-alarm]").first().waitFor({ timeout: 60_000 });
  assert.deepEqual(await violations(page), [], "axe, a demonstration");
  assert.deepEqual(page.complaints, []);
});
