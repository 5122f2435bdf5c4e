// The rows of the queue as nodes. Only those in view stand in the page, with some around them: for
// whatever stands there the browser pays with every change.
import { byId } from "./page.js";
import { pitch } from "./row.js";

// For the next turn of a wheel.
const AROUND = 5;
const PITCH_EM = 6;

export class Rows {
  #list = byId("rows");
  #sheet = this.#list.firstElementChild;
  /** @type {Map<string, import("./row.js").RowNode>} */
  #drawn = new Map();
  /** All there are. @type {string[]} */
  order = [];
  #reached = "";
  // Asking for these lays the page out, so they are kept.
  #top = 0;
  #height = 0;
  #pitch = PITCH_EM * 16;
  #draw;

  /** @param {(id: string) => import("./row.js").RowNode} draw */
  constructor(draw) {
    this.#draw = draw;
    this.#list.addEventListener("scroll", () => this.#measure(), { passive: true });
    new ResizeObserver(() => this.#measure()).observe(this.#list);
  }

  get(id) {
    return this.#drawn.get(id);
  }

  /** While somebody walks over them by keys, nothing may move. */
  get isWalked() {
    return Boolean(this.#list.querySelector(":focus-visible"));
  }

  /**
   * @param {string[]} moved those that stand elsewhere now
   * @param {string} reached the one of them that Tab leads to
   */
  show(order, moved, reached) {
    const focused = this.#focused;
    for (const id of moved) this.#drawn.get(id)?.node.remove();
    if (this.order.length !== order.length) this.#sheet.style.blockSize = pitch(order.length);
    this.order = order;
    this.reach(reached);
    if (focused) this.#drawn.get(focused)?.open.focus({ preventScroll: true });
  }

  reach(id) {
    this.#drawn.get(this.#reached)?.reach(false);
    this.#reached = id;
    this.#paint();
    this.#drawn.get(id)?.reach(true);
  }

  focus(id) {
    const start = this.order.indexOf(id) * this.#pitch;
    const least = start + this.#pitch - this.#height;
    if (start < this.#top || least > this.#top) this.scroll(start < this.#top ? start : least);
    this.#drawn.get(id)?.open.focus({ preventScroll: true });
  }

  scroll(top) {
    this.#list.scrollTop = top;
    this.#measure();
  }

  tick() {
    for (const row of this.#drawn.values()) row.tick();
  }

  get #focused() {
    return document.activeElement?.closest?.("#rows [data-id]")?.dataset.id;
  }

  #measure() {
    this.#top = this.#list.scrollTop;
    this.#height = this.#list.clientHeight;
    this.#pitch = PITCH_EM * parseFloat(getComputedStyle(this.#list).fontSize) + 1;
    this.#paint();
  }

  #paint() {
    const places = this.#places();
    const wanted = new Set(places.map((at) => this.order[at]));
    for (const [id, { node }] of this.#drawn) {
      if (wanted.has(id)) continue;
      node.remove();
      this.#drawn.delete(id);
    }
    let next = this.#sheet.firstElementChild;
    for (const at of places) {
      const row = this.#row(this.order[at]);
      if (row.node === next) next = next.nextElementSibling;
      else this.#sheet.insertBefore(row.node, next);
      row.stand(at, this.order.length);
    }
  }

  #row(id) {
    const row = this.#drawn.get(id) || this.#draw(id);
    this.#drawn.set(id, row);
    return row;
  }

  /** What is in view; and whatever the keys are at, or their way would be lost. */
  #places() {
    const first = Math.max(0, Math.floor(this.#top / this.#pitch) - AROUND);
    const last = Math.ceil((this.#top + this.#height) / this.#pitch) + AROUND;
    const places = this.order.slice(first, last).map((_, at) => first + at);
    for (const id of new Set([this.#reached, this.#focused])) {
      const at = this.order.indexOf(id);
      if (at >= 0 && (at < first || at >= last)) places.push(at);
    }
    return places.sort((one, other) => one - other);
  }
}
