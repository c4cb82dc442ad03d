/** Keys to acts. Keys typed into a field, and keys with Ctrl, Alt or Meta, are never ours. */

/** @typedef {import("./desk.js").Desk} Desk */

/** @type {Record<string, (desk: Desk) => void>} */
const KEYS = {
  j: (desk) => desk.move(1),
  ArrowDown: (desk) => desk.move(1),
  k: (desk) => desk.move(-1),
  ArrowUp: (desk) => desk.move(-1),
  Home: (desk) => desk.move(-Infinity),
  End: (desk) => desk.move(Infinity),
  n: (desk) => desk.claimNext(),
  c: (desk) => desk.startClosing(),
  r: (desk) => void desk.release(),
  m: (desk) => desk.chooseNext(),
  s: (desk) => desk.toggleMute(),
  h: (desk) => desk.open("history"),
  "?": (desk) => desk.open("help"),
  Escape: (desk) => desk.hush(),
};

/** Held down, these would act again and again on whatever comes next. */
const ONCE = new Set(["n", "c", "r", "m", "s"]);

/** @param {Desk} desk @param {KeyboardEvent} event */
export function press(desk, event) {
  if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || desk.dialog) return;
  const target = event.target instanceof HTMLElement ? event.target : document.body;
  if (target.matches("input, textarea, select")) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (event.repeat && ONCE.has(key)) return;
  if (key === "Enter") {
    // On a button, a link or a fold, Enter is that element's own.
    if (event.repeat || target.closest("button, summary, a")) return;
    event.preventDefault();
    return desk.claimSelected();
  }
  const act = KEYS[key];
  if (!act) return undefined;
  event.preventDefault();
  return act(desk);
}
