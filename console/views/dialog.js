/** A dialog of the browser's own: it holds the focus and Escape shuts it. */

import { html } from "../html.js";
import { Component, createRef } from "../vendor/preact.module.js";
import { t } from "../words.js";

/** @extends {Component<{title: string, onShut: () => void, children: import("../vendor/preact.module.js").Child}>} */
export class Dialog extends Component {
  /** @type {import("../vendor/preact.module.js").Ref<HTMLDialogElement>} */
  root = createRef();

  componentDidMount() {
    this.root.current?.showModal();
  }

  render() {
    const { title, onShut, children } = this.props;
    return html`<dialog ref=${this.root} aria-label=${title} onClose=${onShut}>
      <header><h2>${title}</h2><button type="button" onClick=${() => this.root.current?.close()}>${t("shut")} <span class="key">Esc</span></button></header>
      ${children}
    </dialog>`;
  }
}
