// The text box: grows, marks what is left to fill in, and knows the keys that send.
import { byId, isComposing, make } from "./page.js";

const TALLEST_PX = 240;
/** Of a macro, what nobody has filled in: "{order_id}". */
export const UNFILLED = /\{[a-z][\w.]*\}/g;

export class Box {
  /** @type {HTMLTextAreaElement} */
  node = byId("text");
  #mirror = byId("mirror");

  /** @param {{input: () => void, keys: (event: KeyboardEvent) => boolean, send: () => void,
   *   sends: (event: KeyboardEvent) => boolean}} hooks `keys`: true when it has seen to the key */
  constructor(hooks) {
    this.node.addEventListener("input", () => {
      this.fit();
      hooks.input();
    });
    this.node.addEventListener("scroll", () => (this.#mirror.scrollTop = this.node.scrollTop));
    this.node.addEventListener("keydown", (event) => {
      if (isComposing(event) || hooks.keys(event)) return;
      if (event.key !== "Enter" || !hooks.sends(event)) return;
      event.preventDefault();
      hooks.send();
    });
  }

  get text() {
    return this.node.value;
  }

  /** Puts another text in its place, of another conversation say: nothing to be undone. */
  set text(text) {
    this.node.value = text;
    this.fit();
  }

  /** Up to where it is being written. */
  get before() {
    return this.node.value.slice(0, this.node.selectionStart);
  }

  focus() {
    this.node.focus({ preventScroll: true });
  }

  /**
   * Writes at the cursor in place of so many characters before it. One undo of the browser's takes
   * it out again, which only its own command for editing can do.
   */
  insert(text, replaced = 0) {
    const { node } = this;
    node.focus();
    node.setSelectionRange(node.selectionStart - replaced, node.selectionEnd);
    if (!document.execCommand("insertText", false, text)) {
      node.setRangeText(text, node.selectionStart, node.selectionEnd, "end");
      node.dispatchEvent(new Event("input"));
    }
    const first = this.unfilled[0];
    if (first && text.includes(first)) this.mark(first);
  }

  get unfilled() {
    return this.node.value.match(UNFILLED) || [];
  }

  /** Selects it, so that typing fills it in. */
  mark(part) {
    const at = this.node.value.indexOf(part);
    if (at < 0) return;
    this.node.focus();
    this.node.setSelectionRange(at, at + part.length);
  }

  fit() {
    const { node } = this;
    node.style.blockSize = "auto";
    node.style.blockSize = `${Math.min(TALLEST_PX, node.scrollHeight + 2)}px`;
    const parts = [];
    let from = 0;
    for (const match of node.value.matchAll(UNFILLED)) {
      parts.push(node.value.slice(from, match.index), make("mark", {}, match[0]));
      from = match.index + match[0].length;
    }
    this.#mirror.replaceChildren(...parts, parts.length ? node.value.slice(from) : "");
    this.#mirror.style.blockSize = node.style.blockSize;
  }
}
