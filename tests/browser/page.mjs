/** Driving the operators' page, whatever engine serves it: the mock of these tests or the real one. */

import { chromium } from "playwright-core";

const ARGS = [
  "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

/** Chromium from the system; CHROMIUM names another. */
export function launch(more = []) {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: [...ARGS, ...more] });
}

/** A page with a session of its own. What the console or the policy complains of is kept in `page.complaints`. */
export async function newPage(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: "nb-NO", ...options });
  const page = await context.newPage();
  page.complaints = [];
  page.on("pageerror", (error) => page.complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" || /Content Security Policy/.test(message.text())) page.complaints.push(message.text());
  });
  return page;
}

/** Log in by a one-time link and wait for the picture. */
export async function login(page, url) {
  await page.goto(url);
  await page.waitForSelector("#waiting");
  await page.waitForFunction(() => !document.querySelector(".calm")?.textContent?.match(/Kobler|Connecting/));
}

/** The waiting row of an alarm, by its id, or by a piece of its text. */
export function row(page, which) {
  return typeof which === "number"
    ? page.locator(`#waiting [data-alarm="${which}"]`)
    : page.locator("#waiting [data-alarm]", { hasText: which }).first();
}

export async function waitForRow(page, which, timeout = 5000) {
  await row(page, which).waitFor({ timeout });
  return Number(await row(page, which).getAttribute("data-alarm"));
}

export const waitGone = (page, which, timeout = 5000) => row(page, which).waitFor({ state: "detached", timeout });

/** Stand on a row and take it by key; waits until it stands in the own pane. */
export async function claim(page, which) {
  const alarm = await waitForRow(page, which);
  const words = await row(page, alarm).locator(".row-what").textContent();
  await row(page, alarm).locator(".row-what").click();
  await page.keyboard.press("Enter");
  await waitGone(page, alarm);
  await page.locator(".mine .card h3", { hasText: words ?? "" }).waitFor();
  return alarm;
}

/** Take the most urgent one by key. */
export async function claimNext(page) {
  await page.locator("#waiting").focus();
  await page.keyboard.press("n");
  await page.locator(".mine .card").waitFor();
}

/** Close the own alarm by keys: one letter a group, then Enter. */
export async function close(page, [cause, action, outcome] = ["a", "a", "a"], note = "") {
  await page.keyboard.press("c");
  await page.locator(".close-form").waitFor();
  for (const key of [cause, action, outcome]) await page.keyboard.press(key);
  if (note) await page.locator(".close-form textarea").fill(note);
  await page.locator(".close-form button[type=submit]").click();
  await page.locator(".close-form").waitFor({ state: "detached" });
}

/** Who has an alarm, as the list of the others tells it. */
export async function waitForOther(page, operator, timeout = 5000) {
  const other = page.locator(`.others [data-with="${operator}"]`).first();
  await other.waitFor({ timeout });
  return other.textContent();
}

export const notice = (page) => page.locator(".notice [role=status]").textContent();
export const lostBand = (page) => page.locator(".band.lost");
export const shouts = (page) => page.locator(".shouts li");
