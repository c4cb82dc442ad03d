/** A row said in words: pure, one place, the same in the list, the pane and the announcement. */

import { TIMES_SHOWN } from "../limits.js";
import { length, millis, minute, second } from "../time.js";
import { label, maybe, t } from "../words.js";

/** @typedef {import("../types.js").Row} Row */
/** @typedef {ReadonlyMap<number, import("../types.js").Kind>} Kinds */

/** The plain words for a kind. @param {Kinds} kinds @param {number} kind @param {string} name */
export function kindWords(kinds, kind, name) {
  return label(kinds.get(kind) ?? { name, label: name.replaceAll("_", " ") });
}

/** What happened. @param {Row} row @param {Kinds} kinds */
export const what = (row, kinds) => kindWords(kinds, row.kind, row.name);

/** @param {import("../types.js").Class} of */
export const className = (of) => maybe(of) ?? of;

/** The priority and why it is so: «Prioritet 0: liv og helse, gjentatt 3 ganger». @param {Row} row */
export function why(row) {
  const reasons = row.reasons.map((reason) => {
    switch (reason.reason) {
      case "class":
        return className(reason.class ?? row.class).toLowerCase();
      case "repeats":
        return reason.n === 1 ? t("reason_repeated") : t("reason_repeats", reason.n ?? row.count - 1);
      case "buffered":
        return t("reason_buffered", length(reason.seconds ?? 0));
      case "recurred":
        return t("reason_recurred", length(reason.seconds ?? 0), reason.after ?? "?");
      default:
        return maybe(`reason_${reason.reason}`) ?? reason.reason.replaceAll("_", " ");
    }
  });
  return reasons.length > 0 ? t("because", row.priority, reasons.join(", ")) : t("priority", row.priority);
}

/**
 * What the operator must know before he believes the row, most weighty first.
 * @param {Row} row @param {Kinds} kinds @param {number} now ms
 * @returns {{key:string, text:string, grave:boolean}[]}
 */
export function notes(row, kinds, now) {
  const out = [];
  for (const flag of row.flags) {
    const text = maybe(`flag_${flag}`) ?? flag.replaceAll("_", " ");
    out.push({ key: flag, text, grave: flag === "undecodable" || flag === "unknown_code" });
  }
  out.sort((a, b) => Number(b.grave) - Number(a.grave));
  if (row.count > 1) out.push({ key: "count", text: times(row), grave: false });
  const late = lateness(row, now);
  if (late) out.push({ key: "buffered", text: late, grave: false });
  // One that only states who it is, is most of today's units: told in the own pane, not on every row.
  if (row.sender === "doubtful") out.push({ key: "sender", text: t("doubtful"), grave: true });
  if (row.withdrawn) {
    const kind = kindWords(kinds, row.withdrawn.kind, String(row.withdrawn.kind));
    out.push({ key: "withdrawn", text: t("withdrawn", kind, minute(millis(row.withdrawn.at), now)), grave: false });
  }
  return out;
}

/** «3 ganger: 03:12:10, 03:13:02, 03:14:40», the latest few. @param {Row} row */
function times(row) {
  const latest = row.signals.slice(-TIMES_SHOWN).map(({ received }) => second(millis(received)));
  const cut = row.count > latest.length ? "… " : "";
  return t("times", row.count, cut + latest.join(", "));
}

/** «trykket 03:12, ventet 4 t». @param {Row} row @param {number} now ms */
function lateness(row, now) {
  if (!row.buffered) return undefined;
  const seconds = (millis(row.received) - millis(row.since)) / 1000;
  if (seconds < 1) return t("buffered");
  const words = row.name === "press" || row.name === "sos" ? "buffered_press" : "buffered_other";
  return t(words, minute(millis(row.since), now), length(seconds));
}

/** The municipality by name, or by number when it has none. @param {{municipality:string, municipality_name:string}} of */
export const place = (of) => of.municipality_name || of.municipality;
