/** Templates: htm bound to Preact's `h`. */

import htm from "./vendor/htm.module.js";
import { h } from "./vendor/preact.module.js";

/**
 * One template into one vnode. Caching of static parts is off (htm's own switch, `this[0]`): a vnode kept
 * between renders holds on to its DOM, and a page that stays open for weeks must not grow.
 */
export const html = htm.bind(function (type, props, ...children) {
  this[0] = 3;
  return h(type, props, ...children);
});
