/** How the page looks and which language it speaks: remembered on this machine, nothing the server knows. */

import { currentLanguage, recall, remember, speak } from "./words.js";

/** @typedef {"auto"|"dark"|"light"} Theme auto: as the machine is set */

/** @type {readonly Theme[]} */
const THEMES = ["auto", "dark", "light"];
const REMEMBERED = "varde.theme";

/** @type {Theme} */
let theme = THEMES.find((one) => one === recall(REMEMBERED)) ?? "auto";

export const currentTheme = () => theme;

/** Put theme and language on the page. */
export function wear() {
  document.documentElement.dataset.theme = theme;
  document.documentElement.lang = currentLanguage();
}

/** The next theme, round and round. */
export function nextTheme() {
  theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? "auto";
  remember(REMEMBERED, theme);
  wear();
}

/** The other language. */
export function otherLanguage() {
  speak(currentLanguage() === "nb" ? "en" : "nb");
  wear();
}
