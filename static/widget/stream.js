// An answer while it is being written: plain text that grows once per painted frame.
import { make } from "./page.js";

export class Stream {
  turn;
  node;
  #attempt = 0;
  #text = make("p");
  #waiting = "";
  /** Characters taken, as the server counts them. */
  taken = 0;
  #frame = 0;
  #grown;

  /**
   * @param {string} turn
   * @param {(text: Node) => HTMLElement} draw puts the growing text into a line
   * @param {() => void} grown
   */
  constructor(turn, draw, grown) {
    this.turn = turn;
    this.node = draw(this.#text);
    this.#grown = grown;
  }

  /**
   * What overlaps is dropped; a gap is closed by the stored line that ends the answer. A new
   * attempt begins again.
   * @param {{attempt?: number, offset?: number, text: string}} delta
   */
  take({ attempt = 0, offset = this.taken, text }) {
    if (attempt < this.#attempt) return;
    if (attempt > this.#attempt) {
      this.#attempt = attempt;
      this.#text.replaceChildren();
      this.#waiting = "";
      this.taken = 0;
    }
    const characters = [...text];
    this.#waiting += characters.slice(Math.max(0, this.taken - offset)).join("");
    this.taken = Math.max(this.taken, offset + characters.length);
    this.#frame ||= requestAnimationFrame(() => this.#paint());
  }

  /** Nothing more is to come; what was said stays. */
  stop() {
    cancelAnimationFrame(this.#frame);
    this.#paint();
    this.node.classList.remove("streaming");
  }

  #paint() {
    this.#frame = 0;
    if (!this.#waiting) return;
    this.#text.append(this.#waiting);
    this.#waiting = "";
    this.#grown();
  }
}
