/**
 * A mock engine that keeps docs/console-api.md, for the page's own tests: no disk, no protocols, scripted by the
 * test. It serves the page with the strict policy the engine serves it with.
 */

import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { dirname, extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

import { TextSocket } from "./socket.mjs";
import { CODES, KINDS } from "./words.mjs";

const FILES = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "console");
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; font-src 'self'; " +
  "media-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";
const BEAT = 5000;

export const moment = (ms = Date.now()) => `${BigInt(Math.round(ms)) * 1_000_000n}`;

export class Mock {
  rows = new Map();
  shouts = [];
  health = { log: "ok", since: moment() };
  /** What the pages said they painted, in order: {operator, painted | painted_shouts, at}. */
  words = [];
  /** Every act: {verb, alarm, act, body}. */
  acts = [];
  /** Answers to give instead, first come first: {status, body}. Only for acts. */
  refusals = [];
  #sessions = new Map();
  #once = new Map();
  #pages = new Set();
  #next = 17;
  /** Milliseconds that the engine's clock is ahead of this machine's. */
  ahead = 0;
  /** False: no beats; the connection stays open and says nothing. */
  beating = true;
  /** True: live connections are refused. */
  refusing = false;

  constructor({ purpose = "demonstration" } = {}) {
    this.purpose = purpose;
    this.server = createServer((request, response) => void this.#serve(request, response));
    this.server.on("upgrade", (request, socket) => this.#upgrade(request, socket));
    this.timer = setInterval(() => this.beating && this.#all(() => ({ t: "beat", now: this.#now() }), false), BEAT);
  }

  /** Sets the engine's clock and tells every page. @param {number} ms since 1970 */
  sets(ms) {
    this.ahead = ms - Date.now();
    this.#all(() => ({ t: "beat", now: this.#now() }), false);
  }

  #now() {
    return moment(Date.now() + this.ahead);
  }

  async listen() {
    await new Promise((done) => this.server.listen(0, "127.0.0.1", done));
    this.url = `http://127.0.0.1:${this.server.address().port}`;
    return this;
  }

  async stop() {
    clearInterval(this.timer);
    this.drop();
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  /** A one-time link. */
  link(operator = "kari", role = "operator") {
    const once = randomBytes(12).toString("hex");
    this.#once.set(once, { operator, role, scope: "all" });
    return `${this.url}/#once=${once}`;
  }

  /** A new alarm, shown to every page. Fields given replace the usual ones. */
  alarm(fields = {}) {
    const alarm = this.#next++;
    const kind = KINDS.find(({ kind: number }) => number === (fields.kind ?? 100));
    const received = fields.received ?? moment();
    const row = {
      alarm, version: 1, kind: kind.kind, name: kind.name, class: kind.class,
      priority: { life_safety: 0, person: 3, technical: 6 }[kind.class],
      reasons: [{ reason: "class", class: kind.class }], municipality: "0301", municipality_name: "Oslo",
      device: `scaip:80313${String(alarm).padStart(3, "0")}`, person: null, since: received, received, count: 1,
      signals: [{ seq: alarm, kind: kind.kind, received }], claim: null, withdrawn: null, flags: [],
      sender: "verified", path: "sip_tcp", buffered: false, ...fields,
    };
    this.put(row);
    return row;
  }

  /** Change a row and tell every page; `mine` is filled in for each. */
  put(row) {
    this.rows.set(row.alarm, row);
    this.#all((page) => ({ t: "row", row: this.#seen(row, page.session) }));
  }

  change(alarm, fields) {
    const row = this.rows.get(alarm);
    this.put({ ...row, version: row.version + 1, ...fields });
  }

  /** Closed by someone. */
  gone(alarm, by) {
    this.rows.delete(alarm);
    this.#all(() => ({ t: "gone", alarm, by }));
  }

  offer(alarm) {
    this.#all(() => ({ t: "offer", alarm }));
  }

  shout(shout) {
    this.shouts = [...this.shouts.filter(({ id }) => id !== shout.id), shout];
    this.#all(() => ({ t: "shout", shout }));
  }

  unshout(id, alarm) {
    this.shouts = this.shouts.filter((shout) => shout.id !== id);
    this.#all(() => ({ t: "unshout", id, alarm }));
  }

  setHealth(log) {
    this.health = { log, since: moment() };
    this.#all(() => ({ t: "health", health: this.health }));
  }

  /** Swallow one delta: every page has a gap at the next. */
  gap() {
    for (const page of this.#pages) page.n += 1;
  }

  /** Cut every live connection. */
  drop() {
    for (const page of this.#pages) page.socket.close();
    this.#pages.clear();
  }

  /** End every session. */
  logAllOut() {
    this.#sessions.clear();
  }

  /** Everyone logged in: {operator, role, scope, session}. */
  get sessions() {
    return [...this.#sessions.values()];
  }

  get live() {
    return this.#pages.size;
  }

  #seen(row, session) {
    return row.claim ? { ...row, claim: { operator: row.claim.operator, since: row.claim.since, mine: row.claim.session === session } } : row;
  }

  #all(message, numbered = true) {
    for (const page of this.#pages) {
      const body = message(page);
      if (numbered) page.n += 1;
      page.socket.send(JSON.stringify(numbered ? { n: page.n, ...body } : body));
    }
  }

  #session(request) {
    const id = /(?:^|; )varde=([0-9a-f]+)/.exec(request.headers.cookie ?? "")?.[1];
    return id === undefined ? undefined : this.#sessions.get(id);
  }

  #upgrade(request, socket) {
    const session = this.#session(request);
    if (!session || request.url !== "/api/live" || this.refusing) return socket.destroy();
    const page = { n: 0, session: session.session, socket: undefined };
    page.socket = new TextSocket(request, socket, {
      text: (text) => this.words.push({ operator: session.operator, at: Date.now(), ...JSON.parse(text) }),
      close: () => this.#pages.delete(page),
    });
    page.socket.send(JSON.stringify(this.#picture(page.session)));
    this.#pages.add(page);
    return undefined;
  }

  #picture(session) {
    const rows = [...this.rows.values()].map((row) => this.#seen(row, session));
    return { t: "picture", n: 0, now: this.#now(), rows, shouts: this.shouts, health: this.health };
  }

  async #serve(request, response) {
    const path = new URL(request.url, this.url).pathname;
    const answer = (status, body, headers = {}) => {
      response.writeHead(status, { "Content-Type": "application/json", "Cache-Control": "no-store", ...headers });
      response.end(body === undefined ? "" : JSON.stringify(body));
    };
    if (path.startsWith("/api/")) return this.#api(request, path.slice(5), answer);
    const file = normalize(path === "/" ? "/index.html" : path);
    try {
      const body = await readFile(join(FILES, file));
      response.writeHead(200, { "Content-Type": TYPES[extname(file)], "Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff" });
      return response.end(body);
    } catch {
      return answer(404, { error: "no_such_page" });
    }
  }

  async #api(request, path, answer) {
    let text = "";
    for await (const part of request) text += part;
    const body = text ? JSON.parse(text) : {};
    if (path === "hello") return answer(200, { purpose: this.purpose, version: "0.1.0", lang: "nb" });
    if (request.method !== "GET" && request.headers["x-varde"] !== "1") return answer(403, { error: "not_allowed" });
    if (path === "login") return this.#login(body, answer);
    const session = this.#session(request);
    if (!session) return answer(401, { error: "no_session" });
    switch (path) {
      case "me":
        return answer(200, { ...session, purpose: this.purpose, now: this.#now() });
      case "kinds":
        return answer(200, KINDS);
      case "codes":
        return answer(200, CODES);
      case "picture":
        return answer(200, this.#picture(session.session));
      case "logout":
        this.#sessions.delete(session.session);
        return answer(204);
      case "logins": {
        if (session.role !== "leader") return answer(403, { error: "not_allowed" });
        const url = this.link(body.operator, body.role);
        return answer(200, { once: url.split("once=")[1], url });
      }
      case "history":
        return this.#history(new URL(request.url, this.url).searchParams, answer);
      default:
        if (path.startsWith("history/")) return this.#timeline(Number(path.slice(8)), answer);
        return this.#alarms(request, path, body, session, answer);
    }
  }

  /** What was asked of history, in order. */
  searches = [];
  /** Alarms of history, newest first. */
  past = [];

  #history(query, answer) {
    this.searches.push(Object.fromEntries(query));
    if (this.historyRefusal) return answer(503, { error: this.historyRefusal });
    const before = Number(query.get("before") ?? Infinity);
    const fits = this.past.filter((past) => past.alarm < before && past.device.includes(query.get("device") ?? ""));
    const page = fits.slice(0, 3);
    return answer(200, { alarms: page, before: fits.length > 3 ? page.at(-1).alarm : null });
  }

  #timeline(id, answer) {
    const alarm = this.past.find((past) => past.alarm === id);
    if (!alarm) return answer(404, { error: "no_such_alarm" });
    const at = (seconds) => moment(Number(alarm.received) / 1e6 + seconds * 1000);
    const hops = { durable: at(0.01), receipt: at(0.02), presented: at(0.02), painted: at(0.4) };
    const signal = (seq, kind, became, seconds) => ({ seq, at: at(seconds), became, kind, received: at(seconds), happened: null, path: "link", hops });
    const act = (seq, act, operator, result, seconds, codes = null) => ({ seq, at: at(seconds), act, operator, result, codes });
    return answer(200, {
      alarm, cut: false,
      signals: [signal(id, alarm.kind, "opened", 0), signal(id + 1, alarm.kind, "folded", 9), signal(id + 4, 120, "attached", 40)],
      acts: [act(id + 2, "claim", "kari", "done", 20), act(id + 3, "claim", "ola", "taken", 21), act(id + 5, "close", "kari", "done", 300, alarm.codes)],
    });
  }

  #login(body, answer) {
    const who = this.#once.get(body.once) ??
      (body.name === "kari" && body.password === "riktig hest" ? { operator: "kari", role: "operator", scope: "all" } : undefined);
    this.#once.delete(body.once);
    if (!who) return answer(401, { error: "wrong_login" });
    const session = randomBytes(16).toString("hex");
    this.#sessions.set(session, { ...who, session });
    return answer(204, undefined, { "Set-Cookie": `varde=${session}; HttpOnly; SameSite=Strict; Path=/` });
  }

  #alarms(request, path, body, session, answer) {
    const [, id, verb] = /^alarms\/(\d+)(?:\/(claim|release|close))?$/.exec(path) ?? [];
    const row = this.rows.get(Number(id));
    if (!row) return answer(404, { error: "no_such_alarm" });
    if (!verb) return answer(200, { row: this.#seen(row, session.session), signals: details(row) });
    this.acts.push({ verb, alarm: row.alarm, body });
    const refusal = this.refusals.shift();
    if (refusal) return answer(refusal.status, refusal.body);
    if (session.role === "viewer") return answer(403, { error: "not_allowed" });
    return this.#act(row, verb, body, session, answer);
  }

  #act(row, verb, body, session, answer) {
    const { operator } = session;
    const version = row.version + 1;
    if (verb === "claim") {
      if (row.claim && row.claim.session !== session.session)
        return answer(409, { error: "taken", by: row.claim.operator, since: row.claim.since });
      this.change(row.alarm, { claim: { operator, session: session.session, since: moment() } });
      return answer(200, { alarm: row.alarm, version });
    }
    if (row.claim?.session !== session.session || body.version !== row.version) return answer(409, { error: "not_yours" });
    if (verb === "release") this.change(row.alarm, { claim: null });
    else {
      const known = [["causes", "cause"], ["actions", "action"], ["outcomes", "outcome"]]
        .every(([list, field]) => CODES[list].some(({ code }) => code === body[field]));
      if (!known) return answer(400, { error: "unknown_code" });
      this.gone(row.alarm, operator);
    }
    return answer(200, { alarm: row.alarm, version });
  }
}

function details(row) {
  return row.signals.map(({ seq, kind, received }) => ({
    seq, kind, received, happened: row.buffered ? row.since : null, reference: String(1800 + seq).padStart(8, "0"),
    text: [["sted", "Bad, 2. etasje"], ["enhetens tekst", "Halssmykke, knapp 1"], ["batteri", "82 %"]],
    raw: `<mrq><ref>${1800 + seq}</ref><cid>8031372</cid><dty>0006</dty><lco>010</lco></mrq>`,
  }));
}
