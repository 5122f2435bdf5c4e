// The rows of the queue as nodes. Only those in view stand in the page, with some around them: for
// whatever stands there the browser pays with every change.
import { byId, icon, make, named, say, tongue } from "./page.js";
import { dueOf, waited } from "./time.js";

const LEVELS = { due: "clock", risk: "warning", late: "alarm" };
/** So much room so many rows take, as a length: they are all of one height. */
const pitch = (count) => `calc(${count} * (6em + 1px))`;

const cell = (name, tag = "span") => make(tag, { className: name });

const pattern = make(
  "li",
  { className: "row" },
  make("input", { type: "checkbox", tabIndex: -1 }),
  make(
    "button",
    { type: "button", className: "open", tabIndex: -1 },
    make(
      "span",
      { className: "top" },
      cell("priority"),
      cell("name", "bdi"),
      cell("verified"),
      cell("unread"),
      cell("wait"),
    ),
    cell("said"),
    make("span", { className: "facts" }, cell("due"), cell("why"), cell("who"), cell("place")),
  ),
);
const CELLS = ["priority", "name", "verified", "unread", "wait", "said", "due", "why", "who", "place"];

/** One of them. It is made once, and afterwards only what differs is written. */
export class RowNode {
  node = /** @type {HTMLElement} */ (pattern.cloneNode(true));
  /** @type {HTMLInputElement} */
  box = this.node.querySelector("input");
  /** @type {HTMLButtonElement} */
  open = this.node.querySelector("button");
  #cells = {};
  #written = {};
  #at = -1;
  #count = 0;
  row;

  constructor(row, siteName) {
    for (const name of CELLS) this.#cells[name] = this.open.querySelector(`.${name}`);
    this.node.dataset.id = row.id;
    this.write(row, siteName);
  }

  write(row, siteName) {
    this.row = row;
    const name = row.visitor.name || say("nameless");
    this.#put("name", name);
    this.box.ariaLabel = say("pick", { name });
    this.#mark("priority", row.priority < 2 ? "urgent" : "", named("priority", row.priority));
    this.#mark("verified", row.visitor.verified ? "verified" : "", say("verified"));
    this.#put("unread", row.unread ? say("unread", { count: row.unread }) : "");
    this.#put("said", said(row));
    this.#put("why", row.kind === "bot" ? row.about || "" : row.reason_text || row.about || "");
    this.#put("who", who(row));
    this.#put("place", [siteName, tongue(row.visitor.language?.split("-")[0])].filter(Boolean).join(" · "));
    this.#set("kind", row.kind);
    this.#set("priority", row.priority);
    this.tick();
  }

  /** What time alone changes. */
  tick() {
    this.#put("wait", this.row.kind === "done" ? "" : waited(this.row));
    this.#set("waits", this.row.waiting_since ? "yes" : "");
    const due = this.row.kind === "done" ? null : dueOf(this.row);
    const text = due?.text || "";
    if (this.#written.due === text) return;
    this.#written.due = text;
    this.#cells.due.replaceChildren(...(due ? [icon(LEVELS[due.level]), text] : []));
    this.#cells.due.title = due?.title || "";
    this.#set("due", due?.level || "");
  }

  /** Its place among so many, most of which are not there. */
  stand(at, count) {
    if (this.#at !== at) {
      this.node.style.insetBlockStart = pitch(at);
      this.node.ariaPosInSet = String(at + 1);
    }
    if (this.#count !== count) this.node.ariaSetSize = String(count);
    this.#at = at;
    this.#count = count;
  }

  current(isCurrent) {
    if (isCurrent) this.open.setAttribute("aria-current", "true");
    else this.open.removeAttribute("aria-current");
  }

  /** Only one row of the list is reached by Tab. */
  reach(isReached) {
    this.open.tabIndex = this.box.tabIndex = isReached ? 0 : -1;
  }

  #put(name, text) {
    if (this.#written[name] === text) return;
    this.#written[name] = text;
    this.#cells[name].textContent = text;
  }

  #mark(name, picture, label) {
    const key = picture && `${picture} ${label}`;
    if (this.#written[name] === key) return;
    this.#written[name] = key;
    const parts = picture ? [icon(picture), make("span", { className: "sr" }, label)] : [];
    this.#cells[name].replaceChildren(...parts);
    this.#cells[name].title = picture ? label : "";
  }

  #set(name, value) {
    const text = String(value);
    if (this.node.dataset[name] !== text) this.node.dataset[name] = text;
  }
}

/** Of somebody who waits, what they want rather than what the bot says of the queue. */
function said(row) {
  const { author, text } = row.last || {};
  if (!text || (row.kind === "waiting" && author !== "visitor" && row.about)) return row.about || "";
  const line = text.replace(/\s+/g, " ").slice(0, 160);
  return author === "visitor" ? line : say("said_by", { name: named("author", author), text: line });
}

/** Whose it is, and who else is looking. */
function who(row) {
  const [viewer] = row.viewers;
  if (viewer) {
    const name = viewer.doing === "replying" ? "row_replying" : "row_viewing";
    return say(name, { name: viewer.name });
  }
  return row.kind === "other" && row.operator ? say("row_owner", { name: row.operator.name }) : "";
}

// For the next turn of a wheel.
const AROUND = 5;
const PITCH_EM = 6;

export class Rows {
  #list = byId("rows");
  #sheet = this.#list.firstElementChild;
  /** @type {Map<string, RowNode>} */
  #drawn = new Map();
  /** All there are. @type {string[]} */
  order = [];
  #reached = "";
  // Asking for these lays the page out, so they are kept.
  #top = 0;
  #height = 0;
  #pitch = PITCH_EM * 16;
  #draw;

  /** @param {(id: string) => RowNode} draw */
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
