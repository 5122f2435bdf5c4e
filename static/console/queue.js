// The list of conversations: tabs, order, selection, and what is picked for bulk work.
import { ORDERS } from "./desk.js";
import { byId, remember, remembered, say } from "./page.js";
import { RowNode, Rows } from "./rows.js";
import { now, span } from "./time.js";

export const TABS = ["waiting", "mine", "other", "bot", "done"];
const TICK_MS = 1000;

export class Queue {
  tab = TABS.includes(remembered("tab", "")) ? remembered("tab", "") : "waiting";
  #order = remembered("order", "") in ORDERS ? remembered("order", "") : "urgent";
  #desk;
  #hooks;
  #rows = new Rows((id) => this.#draw(id));
  /** Those shown as they came: some are gone while nothing may move. @type {Map<string, any>} */
  #known = new Map();
  #dirty = new Set();
  #frame = 0;
  /** What a search has found; null while there is none. @type {Map<string, any> | null} */
  #found = null;
  /** @type {Set<string>} */
  picked = new Set();
  #anchor = "";
  selected = "";
  /** Stays in the list it was opened in until another is opened. */
  #kept = "";
  #at = 0;
  #isInside = false;
  #list = byId("rows");
  #pill = byId("pill");

  /** @param {{select: (id: string) => void, picked: () => void}} hooks */
  constructor(desk, hooks) {
    this.#desk = desk;
    this.#hooks = hooks;
    for (const tab of TABS) {
      byId(`tab-${tab}`).addEventListener("click", () => this.show(tab));
    }
    const order = byId("order");
    order.value = this.#order;
    order.addEventListener("change", () => this.#sorted(order.value));
    this.#listen();
    setInterval(() => {
      this.#tabs();
      if (!document.hidden) this.#rows.tick();
    }, TICK_MS);
    this.#tabs();
  }

  #listen() {
    const list = this.#list;
    list.addEventListener("click", (event) => this.#clicked(event));
    list.addEventListener("pointerenter", ({ pointerType }) => {
      this.#isInside = pointerType !== "touch";
    });
    for (const name of ["pointerleave", "focusout"]) {
      list.addEventListener(name, () => {
        if (name === "pointerleave") this.#isInside = false;
        this.#schedule();
      });
    }
    this.#pill.addEventListener("click", () => this.#arrange());
  }

  /** These rows are new, other or gone. However many come, it is one piece of work per frame. */
  changed(ids) {
    for (const id of ids) this.#dirty.add(id);
    this.#schedule();
  }

  show(tab) {
    if (!TABS.includes(tab)) return;
    this.tab = tab;
    this.#kept = "";
    this.#found = null;
    byId("search").value = "";
    remember("tab", tab);
    this.#tabs();
    this.#arrange();
    this.#rows.scroll(0);
  }

  /** Shows what was found instead of a tab; null goes back. */
  find(rows) {
    this.#kept = "";
    this.#found = rows && new Map(rows.map((row) => [row.id, row]));
    this.#tabs();
    this.#arrange();
  }

  rowOf(id) {
    return this.#desk.rows.get(id) || this.#found?.get(id);
  }

  get shown() {
    return this.#rows.order;
  }

  /** Moves the selection by so many rows. */
  step(by) {
    const here = this.shown.indexOf(this.selected);
    const from = here >= 0 ? here : this.#at - (by > 0 ? 1 : 0);
    const at = Math.max(0, Math.min(this.shown.length - 1, from + by));
    const id = this.shown[at];
    if (!id) return;
    this.select(id);
    this.focus();
  }

  focus() {
    this.#rows.focus(this.shown.includes(this.selected) ? this.selected : this.shown[0]);
  }

  /** @param {boolean} [tell] false when whoever asks has opened it already */
  select(id, tell = true) {
    this.#rows.get(this.selected)?.current(false);
    this.selected = id;
    this.#rows.get(id)?.current(true);
    const at = this.shown.indexOf(id);
    if (id !== this.#kept) {
      this.changed([this.#kept, id]);
      this.#kept = at < 0 ? "" : id;
    }
    if (at >= 0) {
      this.#at = at;
      this.#rows.reach(id);
    }
    if (tell) this.#hooks.select(id);
  }

  pick(id, isPicked = !this.picked.has(id)) {
    if (isPicked) this.picked.add(id);
    else this.picked.delete(id);
    this.#anchor = id;
    const shown = this.#rows.get(id);
    if (shown) shown.box.checked = isPicked;
    this.#hooks.picked();
  }

  unpick() {
    for (const id of [...this.picked]) this.pick(id, false);
  }

  #clicked(event) {
    const id = event.target.closest("[data-id]")?.dataset.id;
    if (!id) return;
    const isBox = event.target.tagName === "INPUT";
    if (event.shiftKey) this.#range(id);
    else if (isBox) this.pick(id, event.target.checked);
    else this.select(id);
  }

  /** Shift and a click: everything from the last one picked. */
  #range(id) {
    const ends = [this.#anchor || this.selected, id].map((end) => this.shown.indexOf(end));
    const [from, to] = ends[0] < 0 ? [ends[1], ends[1]] : ends.sort((one, other) => one - other);
    for (const each of this.shown.slice(from, to + 1)) this.pick(each, true);
    getSelection()?.removeAllRanges();
  }

  #sorted(order) {
    this.#order = order;
    remember("order", order);
    this.#arrange();
  }

  /** While somebody points at a row or walks over them by keys, nothing may move. */
  get #isHeld() {
    return this.#isInside || this.#rows.isWalked;
  }

  #schedule() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#flush();
    });
  }

  #flush() {
    for (const id of this.#dirty) {
      const row = this.rowOf(id);
      if (row) this.#rows.get(id)?.write(row, this.#desk.siteName(row));
    }
    this.#tabs();
    if (!this.#isHeld || !this.shown.length) this.#arrange();
    else this.#count();
  }

  /** How many rows would come, go or move. */
  #count() {
    const order = this.#wanted().map(({ id }) => id);
    const moved = displaced(this.shown, order, this.#dirty);
    this.#pill.hidden = !moved.length;
    this.#pill.textContent = say("updates", { count: moved.length });
  }

  #wanted() {
    const rows = [...(this.#found || this.#desk.rows).values()];
    if (this.#found) return rows.map((row) => this.#desk.rows.get(row.id) || row);
    const order = this.tab === "done" ? "latest" : this.#order;
    return rows.filter(({ id, kind }) => kind === this.tab || id === this.#kept).sort(ORDERS[order]);
  }

  #arrange() {
    this.#known = new Map(this.#wanted().map((row) => [row.id, row]));
    const order = [...this.#known.keys()];
    for (const id of this.picked) {
      if (!this.#known.has(id) && this.picked.delete(id)) this.#hooks.picked();
    }
    this.#kept = this.#known.has(this.selected) ? this.selected : "";
    const way = this.#kept || order[0];
    this.#rows.show(order, displaced(this.shown, order, this.#dirty), way);
    this.#dirty.clear();
    this.#pill.hidden = true;
    byId("nothing").hidden = order.length > 0;
    byId("nothing").textContent = say(this.#found ? "nothing_found" : `nothing_${this.tab}`);
  }

  #draw(id) {
    const row = this.rowOf(id) || this.#known.get(id);
    const drawn = new RowNode(row, this.#desk.siteName(row));
    drawn.current(id === this.selected);
    drawn.box.checked = this.picked.has(id);
    return drawn;
  }

  #tabs() {
    const counts = Object.fromEntries(TABS.map((tab) => [tab, 0]));
    let oldest = Infinity;
    for (const { kind, rank } of this.#desk.rows.values()) {
      counts[kind] += 1;
      if (kind === "waiting") oldest = Math.min(oldest, rank[1]);
    }
    counts.waiting += this.#desk.beyond;
    for (const tab of TABS) {
      const node = byId(`tab-${tab}`);
      node.setAttribute("aria-pressed", String(tab === this.tab && !this.#found));
      write(node.lastElementChild, String(counts[tab] || ""));
    }
    const age = oldest < Infinity ? span(now() - oldest) : "";
    const parts = { count: counts.waiting, time: age };
    write(byId("waiting"), say(age ? "waiting_oldest" : "waiting_count", parts));
    const title = `${counts.waiting ? `(${counts.waiting}) ` : ""}${say("title")}`;
    if (document.title !== title) document.title = title;
  }
}

/** Those of `changed` that stand elsewhere in `order` than in `shown`, with those new or gone. */
function displaced(shown, order, changed) {
  return [...changed].filter((id) => beside(shown, id) !== beside(order, id));
}

/** What stands around it; empty where it does not stand at all. */
function beside(ids, id) {
  const at = ids.indexOf(id);
  return at < 0 ? "" : `${ids[at - 1]} ${ids[at + 1]}`;
}

/** Every write costs a look at the styles of what stands around it. */
function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
