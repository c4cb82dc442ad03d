/** Calls to the server. Each answers `{ok, status, body}` and never throws. */

import { ACT_TRIES, ACT_WAIT, CALL } from "./limits.js";

/**
 * @template T
 * @typedef {{ok:true, status:number, body:T} | {ok:false, status:number, body:Refusal, retryAfter:number|null}} Result
 */
/**
 * Why not; `no_answer` (status 0) is our own word: the server did not answer in time.
 * @typedef {{error:string, by?:string, since?:string, why?:string}} Refusal
 */

/**
 * @template T
 * @param {string} method @param {string} path @param {object} [body] @returns {Promise<Result<T>>}
 */
async function call(method, path, body) {
  /** @type {RequestInit} */
  const init = { method, signal: AbortSignal.timeout(CALL), cache: "no-store", credentials: "same-origin" };
  if (method !== "GET") {
    init.headers = { "X-Varde": "1", "Content-Type": "application/json" };
    init.body = JSON.stringify(body ?? {});
  }
  try {
    const response = await fetch(path, init);
    const text = await response.text();
    if (response.ok) return { ok: true, status: response.status, body: text ? JSON.parse(text) : null };
    const after = Number(response.headers.get("Retry-After"));
    return { ok: false, status: response.status, body: refusal(text), retryAfter: after > 0 ? after : null };
  } catch {
    return { ok: false, status: 0, body: { error: "no_answer" }, retryAfter: null };
  }
}

/** @param {string} text @returns {Refusal} */
function refusal(text) {
  try {
    const body = JSON.parse(text);
    return typeof body?.error === "string" ? body : { error: "no_answer" };
  } catch {
    return { error: "no_answer" };
  }
}

/** 16 random bytes in hex: sent twice it is one act. */
export function actId() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");
}

/** Acts whose outcome is not known keep their id here, so that asking again is the same act. @type {Map<string, string>} */
const open = new Map();

/**
 * Do an act. What was not stored or not answered is sent again with the same id, also when the operator tries
 * once more later.
 * @param {"claim"|"release"|"close"} verb @param {number} alarm @param {object} [body]
 * @returns {Promise<Result<{alarm:number, version:number}>>}
 */
export async function act(verb, alarm, body = {}) {
  const what = JSON.stringify([verb, alarm, body]);
  const id = open.get(what) ?? actId();
  open.set(what, id);
  for (let tries = 1; ; tries += 1) {
    /** @type {Result<{alarm:number, version:number}>} */
    const result = await call("POST", `api/alarms/${alarm}/${verb}`, { act: id, ...body });
    const unknown = !result.ok && (result.status === 503 || result.status === 0);
    if (!unknown) {
      open.delete(what);
      return result;
    }
    if (tries === ACT_TRIES) return result;
    await new Promise((done) => setTimeout(done, ACT_WAIT * tries));
  }
}

/** @returns {Promise<Result<import("./types.js").Hello>>} */
export const hello = () => call("GET", "api/hello");
/** @returns {Promise<Result<import("./types.js").Me>>} */
export const me = () => call("GET", "api/me");
/** @returns {Promise<Result<import("./types.js").Kind[]>>} */
export const kinds = () => call("GET", "api/kinds");
/** @returns {Promise<Result<import("./types.js").Codes>>} */
export const codes = () => call("GET", "api/codes");
/** @param {number} alarm @returns {Promise<Result<import("./types.js").Details>>} */
export const details = (alarm) => call("GET", `api/alarms/${alarm}`);
/** @param {URLSearchParams} query @returns {Promise<Result<{alarms:import("./types.js").Past[], before:number|null}>>} */
export const history = (query) => call("GET", `api/history?${query}`);
/** @param {number} alarm @returns {Promise<Result<import("./types.js").Timeline>>} */
export const timeline = (alarm) => call("GET", `api/history/${alarm}`);
/** @param {{once:string}|{name:string, password:string}} who @returns {Promise<Result<null>>} */
export const login = (who) => call("POST", "api/login", who);
/** @returns {Promise<Result<null>>} */
export const logout = () => call("POST", "api/logout");
/**
 * A one-time login for a colleague.
 * @param {{operator:string, role:import("./types.js").Role, scope:import("./types.js").Scope}} who
 * @returns {Promise<Result<{once:string, url:string}>>}
 */
export const letIn = (who) => call("POST", "api/logins", who);
