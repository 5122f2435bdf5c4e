// One row of the queue. It is made once, and afterwards only what differs is written.
import { icon, make, named, say, tongue } from "./page.js";
import { dueOf, waited } from "./time.js";

const LEVELS = { due: "clock", risk: "warning", late: "alarm" };
/** So much room so many rows take, as a length: they are all of one height. */
export const pitch = (count) => `calc(${count} * (6em + 1px))`;

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
