/** A refusal of the server in words that say what to do. */

import { maybe, t } from "../words.js";

/** @param {import("../api.js").Refusal} refusal */
export function refusalWords({ error, by, why }) {
  if (error === "closed") return t("error_closed", by ?? "?");
  if (error === "bad_request") return t("error_bad_request", why ?? "");
  return maybe(`error_${error}`) ?? t("error_other", error);
}
