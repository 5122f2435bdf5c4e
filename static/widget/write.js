// What the visitor writes with: the text box.
import { byId, length, say } from "./page.js";

const TALLEST_PX = 120;
const WARN_LEFT = 200;
const KEEP_AFTER_MS = 300;
// An input method's Enter: Safari reports it after the composition has ended, with this code.
const IME_KEY_CODE = 229;

/** The text box: grows, counts, and knows when Enter belongs to an input method. */
export class Composer {
  #text = byId("text");
  #count = byId("count");
  #button = byId("send");
  #characters;
  #send;
  #keep;
  #timer = 0;
  /** Files that go with the next line. @type {{count: number, isBusy: boolean, hasFailed: boolean, item: object, clear: () => void,
   *   wait: () => void} | null} */
  along = null;

  /**
   * @param {number} characters at most
   * @param {(text: string, along?: object) => boolean} send false when it cannot be taken now
   * @param {(draft: string | null) => void} keep what is being written, for the next page
   */
  constructor(characters, send, keep) {
    this.#characters = characters;
    this.#send = send;
    this.#keep = keep;
    // It has no height while the panel is closed.
    for (const name of ["input", "focus"]) {
      this.#text.addEventListener(name, () => this.changed());
    }
    this.#text.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey) return;
      if (event.isComposing || event.keyCode === IME_KEY_CODE) return;
      event.preventDefault();
      this.submit();
    });
    byId("composer").addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
      this.focus();
    });
    this.changed();
  }

  focus() {
    this.#text.focus({ preventScroll: true });
  }

  /** Puts a text in the box, before what was typed there; nothing typed is lost. */
  fill(text) {
    const { value } = this.#text;
    if (value.startsWith(text)) return;
    this.#text.value = [text, value].filter(Boolean).join("\n");
    this.changed();
  }

  clear() {
    this.#text.value = "";
    this.along?.clear();
    this.changed();
  }

  /** Sends it, if it can be sent; what waits for files is sent with them. */
  submit() {
    this.changed();
    const text = this.#text.value.trim();
    if (this.#button.disabled || this.along?.hasFailed) this.along?.wait();
    else if (this.#send(text, this.along?.item)) this.clear();
  }

  /** To be called when what goes along has changed. */
  changed() {
    const text = this.#text;
    const { value } = text;
    // While it is measured nothing around it may move.
    const { form } = text;
    form.style.minBlockSize = `${form.offsetHeight}px`;
    text.style.blockSize = "auto";
    if (value && text.scrollHeight) text.style.blockSize = `${Math.min(TALLEST_PX, text.scrollHeight)}px`;
    form.style.minBlockSize = "";
    const size = length(value.trim());
    const left = this.#characters - size;
    const name = left < 0 ? "characters_over" : "characters_left";
    this.#count.textContent = left < WARN_LEFT ? say(name, { count: Math.abs(left) }) : "";
    this.#count.className = left < 0 ? "error" : "note";
    text.ariaInvalid = left < 0;
    const { along } = this;
    this.#button.disabled = !(size || along?.count) || left < 0 || Boolean(along?.isBusy);
    clearTimeout(this.#timer);
    // An empty one at once: what was sent must not come back.
    this.#timer = setTimeout(() => this.#keep(value || null), value ? KEEP_AFTER_MS : 0);
  }
}
