/** Pictures of the page in its moods, to look at: `node shots.mjs FOLDER`. */

import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import { Mock, moment } from "./mock.mjs";
import { claim, launch, login, newPage, waitForRow } from "./page.mjs";

const folder = process.argv[2];
if (!folder) throw new Error("Name the folder the pictures go to: node shots.mjs FOLDER");
await mkdir(folder, { recursive: true });

const ago = (seconds) => moment(Date.now() - seconds * 1000);
const browser = await launch();
const mock = await new Mock().listen();

/** An ordinary morning: a few of each, with everything a row can say. */
function day() {
  const pressed = ago(24);
  mock.alarm({ kind: 100, received: ago(96), count: 3, signals: [96, 40, 12].map((s, at) => ({ seq: 17 + at, kind: 100, received: ago(s) })), reasons: [{ reason: "class", class: "life_safety" }, { reason: "repeats", n: 2 }] });
  mock.alarm({ kind: 0, received: ago(31), flags: ["undecodable"], sender: "doubtful", municipality: "4601", municipality_name: "Bergen", device: "sip:192.0.2.7", reasons: [{ reason: "class", class: "life_safety" }, { reason: "undecodable" }, { reason: "doubtful" }] });
  mock.alarm({ kind: 102, received: pressed, municipality: "5001", municipality_name: "Trondheim", device: "link:9f21c0" , path: "link" });
  mock.alarm({ kind: 100, received: ago(20), since: ago(14_420), buffered: true, municipality: "1806", municipality_name: "Narvik", reasons: [{ reason: "class", class: "life_safety" }, { reason: "buffered", seconds: 14_400 }], priority: 1 });
  mock.alarm({ kind: 302, received: ago(140), device: "link:31aa07", path: "link", municipality: "3301", municipality_name: "Drammen" });
  mock.alarm({ kind: 200, received: ago(65), withdrawn: { kind: 120, at: ago(15) }, municipality: "4204", municipality_name: "Kristiansand" });
  mock.alarm({ kind: 600, received: ago(700), municipality: "1103", municipality_name: "Stavanger" });
  mock.alarm({ kind: 602, received: ago(5000), sender: "claimed" });
  const other = mock.alarm({ kind: 401, received: ago(300), municipality: "3907", municipality_name: "Sandefjord" });
  mock.change(other.alarm, { claim: { operator: "ola", session: "x", since: ago(80) } });
}

async function shot(page, name) {
  await page.waitForTimeout(1200);
  await page.screenshot({ path: join(folder, `${name}.png`) });
}

const door = await newPage(browser, { colorScheme: "dark" });
await door.goto(mock.url);
await door.waitForSelector(".door");
await shot(door, "login");

const page = await newPage(browser, { colorScheme: "dark" });
await login(page, mock.link("kari", "leader"));
await shot(page, "empty");
day();
await waitForRow(page, 17);
await page.keyboard.press("j");
await shot(page, "day");
await claim(page, 17);
await shot(page, "claimed");
await page.keyboard.press("c");
await page.keyboard.press("a");
await shot(page, "close-form");
await page.keyboard.press("Escape");
await page.keyboard.press("?");
await shot(page, "help");
await page.keyboard.press("Escape");
await page.getByRole("button", { name: "Slipp inn en kollega" }).click();
await shot(page, "let-in");
await page.keyboard.press("Escape");
await page.emulateMedia({ colorScheme: "light" });
await shot(page, "light");
await page.emulateMedia({ colorScheme: "dark" });
mock.setHealth("stalled");
mock.shout({ id: "ab12", kind: 100, name: "press", class: "life_safety", municipality: "0301", municipality_name: "Oslo", device: "scaip:8031372", received: moment(), sent_on: true });
mock.shout({ id: "ab13", kind: 102, name: "fall", class: "life_safety", municipality: "4601", municipality_name: "Bergen", device: "link:77aa01", received: moment(), sent_on: false });
await shot(page, "shouts");
mock.setHealth("ok");
mock.unshout("ab12", null);
mock.unshout("ab13", null);
for (let i = 0; i < 260; i += 1) mock.alarm({ kind: [605, 600, 602, 102, 302][i % 5] === 605 ? 303 : [303, 600, 602, 102, 302][i % 5], received: ago(260 - i) });
await shot(page, "storm");
mock.refusing = true;
mock.drop();
await shot(page, "lost");
const small = await newPage(browser, { colorScheme: "dark", viewport: { width: 820, height: 1100 } });
mock.refusing = false;
await login(small, mock.link("kari"));
await shot(small, "narrow");

for (const each of [door, page, small]) if (each.complaints.length) console.log(each.complaints);
await browser.close();
await mock.stop();
