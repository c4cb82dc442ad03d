/**
 * The page's word that an alarm stood on the screen. A row counts when it is waiting, in the page, laid out, at
 * least half of it inside its scroll area and the window, no dialog over it, the page visible, and two frames have
 * begun since. A row windowed or scrolled away is not painted, and is claimed when it is scrolled to.
 */

/** Elements that show an alarm carry `data-alarm`, those that show a shout `data-shout`. */
const SHOWN = "[data-alarm], [data-shout]";

export class Painted {
  #tell;
  /** What this connection has been told, so that each is told once. @type {Set<string>} */
  #told = new Set();
  #pending = false;

  /** @param {(word: {painted:number[]}|{painted_shouts:string[]}) => boolean} tell false: not sent, ask again */
  constructor(tell) {
    this.#tell = tell;
    document.addEventListener("visibilitychange", this.look);
    document.addEventListener("scroll", this.look, { capture: true, passive: true });
    window.addEventListener("resize", this.look);
  }

  stop() {
    document.removeEventListener("visibilitychange", this.look);
    document.removeEventListener("scroll", this.look, { capture: true });
    window.removeEventListener("resize", this.look);
  }

  /** A new connection: the word given on the old one may not have arrived. */
  restart() {
    this.#told.clear();
  }

  /** Forget what is gone, so that a page open for weeks does not grow. @param {ReadonlyMap<number, unknown>} rows @param {readonly {id:string}[]} shouts */
  prune(rows, shouts) {
    if (this.#told.size < 2 * (rows.size + shouts.length) + 256) return;
    const stays = new Set([...[...rows.keys()].map((id) => `a${id}`), ...shouts.map(({ id }) => `s${id}`)]);
    for (const key of this.#told) if (!stays.has(key)) this.#told.delete(key);
  }

  /** Something was drawn or came into view: look after the frame. */
  look = () => {
    if (this.#pending || document.hidden) return;
    this.#pending = true;
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        this.#pending = false;
        this.#claim();
      }),
    );
  };

  #claim() {
    if (document.hidden || document.querySelector("dialog[open]")) return;
    /** @type {Map<string, HTMLElement>} */
    const fresh = new Map();
    for (const element of document.querySelectorAll(SHOWN)) {
      if (!(element instanceof HTMLElement)) continue;
      const { alarm, shout } = element.dataset;
      const key = alarm === undefined ? `s${shout}` : `a${alarm}`;
      if (!this.#told.has(key) && inSight(element)) fresh.set(key, element);
    }
    const alarms = [...fresh.values()].flatMap(({ dataset }) => dataset.alarm ? [Number(dataset.alarm)] : []);
    const shouts = [...fresh.values()].flatMap(({ dataset }) => dataset.shout ? [dataset.shout] : []);
    this.#send(alarms.map((id) => `a${id}`), { painted: alarms });
    this.#send(shouts.map((id) => `s${id}`), { painted_shouts: shouts });
  }

  /** @param {string[]} keys @param {{painted:number[]}|{painted_shouts:string[]}} word */
  #send(keys, word) {
    if (keys.length > 0 && this.#tell(word)) for (const key of keys) this.#told.add(key);
  }
}

/** Whether at least half of the element's height is inside its scroll area and the window. @param {HTMLElement} element */
function inSight(element) {
  const box = element.getBoundingClientRect();
  if (box.height === 0 || box.width === 0) return false;
  const area = element.closest("[data-scroll]")?.getBoundingClientRect();
  const top = Math.max(box.top, area?.top ?? 0, 0);
  const bottom = Math.min(box.bottom, area?.bottom ?? innerHeight, innerHeight);
  return bottom - top >= box.height / 2;
}
