/** No accessibility violation that axe-core knows, in either theme, in every mood of the page. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { violations } from "./axe.mjs";
import { Mock, moment } from "./mock.mjs";
import { claim, launch, login, newPage, waitForRow } from "./page.mjs";

for (const colorScheme of ["dark", "light"])
  test(`no violations, ${colorScheme}`, async (t) => {
    const browser = await launch();
    const mock = await new Mock().listen();
    t.after(async () => { await browser.close(); await mock.stop(); });
    const page = await newPage(browser, { colorScheme });
    const clean = async (mood) => assert.deepEqual(await violations(page), [], mood);

    await page.goto(mock.url);
    await page.waitForSelector(".door");
    await clean("the door");
    await login(page, mock.link("lea", "leader"));
    await clean("nobody waits");

    const first = mock.alarm({ kind: 100, count: 2 });
    mock.alarm({ kind: 0, flags: ["undecodable"], sender: "doubtful", received: moment(Date.now() - 200_000) });
    mock.alarm({ kind: 302 });
    mock.alarm({ kind: 602, buffered: true, since: moment(Date.now() - 9_000_000) });
    const other = mock.alarm({ kind: 401 });
    mock.change(other.alarm, { claim: { operator: "ola", session: "x", since: moment() } });
    await waitForRow(page, first.alarm);
    await page.keyboard.press("j");
    await page.waitForTimeout(1100);
    await clean("a day");
    await claim(page, first.alarm);
    await page.locator(".mine dd", { hasText: "Halssmykke" }).waitFor();
    await clean("an own alarm");
    await page.keyboard.press("c");
    await page.keyboard.press("b");
    await clean("the closing form");
    await page.keyboard.press("Escape");
    await page.keyboard.press("?");
    await clean("help");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Slipp inn en kollega" }).click();
    await clean("letting in");
    await page.keyboard.press("Escape");

    for (const log of ["low", "stopped"]) {
      mock.setHealth(log);
      await page.locator(".band.health").waitFor();
      await clean(`the log is ${log}`);
    }
    mock.shout({ id: "ab", kind: 100, name: "press", class: "life_safety", municipality: "0301", municipality_name: "Oslo", device: "scaip:1", received: moment(), sent_on: true });
    mock.refusing = true;
    mock.drop();
    await page.locator(".band.lost").waitFor();
    await clean("connection lost, a shout");
  });
