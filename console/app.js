/** The page from its start: whose world this is, who is at the desk, and then the desk. */

import * as api from "./api.js";
import { Desk } from "./desk.js";
import { html } from "./html.js";
import { press } from "./keys.js";
import { wear } from "./look.js";
import { clock } from "./time.js";
import { h, render } from "./vendor/preact.module.js";
import { Login, loginWords } from "./views/login.js";
import { t } from "./words.js";

/** The wait before the server is asked again at the very start, ms. */
const ASK_AGAIN = 2000;

const root = /** @type {HTMLElement} */ (document.getElementById("page"));
/** @type {Desk|null} */
let desk = null;

/** The token of a one-time link, taken out of the address bar before anything else can see it. */
function takeOnce() {
  const once = new URLSearchParams(location.hash.slice(1)).get("once");
  if (location.hash) history.replaceState(null, "", location.pathname + location.search);
  return once;
}

/** Ask until answered: a page opened while the engine starts must not stay blank. @template T @param {() => Promise<api.Result<T>>} question */
async function ask(question) {
  for (;;) {
    const answer = await question();
    if (answer.ok || answer.status === 401) return answer;
    render(html`<p class="calm">${t("error_no_answer")}</p>`, root);
    await new Promise((done) => setTimeout(done, ASK_AGAIN));
  }
}

/** @param {import("./types.js").Hello} hello @param {string} said */
function door(hello, said) {
  desk = null;
  document.title = `${hello.purpose === "demonstration" ? "DEMO – " : hello.purpose === "load_test" ? "LASTTEST – " : ""}Varde`;
  render(null, root);
  render(h(Login, { purpose: hello.purpose, said, onIn: () => void enter(hello) }), root);
}

/** @param {import("./types.js").Hello} hello @param {string} [said] */
async function enter(hello, said = "") {
  const me = await ask(api.me);
  const kinds = me.ok ? await ask(api.kinds) : me;
  const codes = kinds.ok ? await ask(api.codes) : kinds;
  if (!me.ok || !kinds.ok || !codes.ok) return door(hello, said);
  clock.set(me.body.now);
  render(null, root);
  desk = new Desk(root, { me: me.body, hello, kinds: kinds.body, codes: codes.body }, (why) => door(hello, why));
  desk.start();
}

async function start() {
  wear();
  const once = takeOnce();
  const hello = await ask(api.hello);
  if (!hello.ok) return;
  const answer = once ? await api.login({ once }) : null;
  await enter(hello.body, answer && !answer.ok ? loginWords(answer) : "");
}

document.addEventListener("keydown", (event) => {
  if (desk) press(desk, event);
});
window.addEventListener("hashchange", () => {
  // A one-time link opened in a page that is already here.
  if (location.hash.includes("once=")) location.reload();
});
void start();
