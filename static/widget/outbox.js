// Lines of the visitor without an ack yet.

const PREFIX = "out:";
const MOST = 50;
// So long another tab has to send what was written in it; then this one does.
const GRACE_MS = 6000;

/**
 * They survive a reload, and every tab of the site sees them. Each has a key of its own in the
 * storage, so that tabs never overwrite each other's. What a contact form holds is not kept there:
 * the embedding page could read it.
 */
export class Outbox {
  /** @type {Map<string, import("./page.js").Item>} */
  #lines = new Map();
  /** When those of other tabs may be sent from here. @type {Map<string, number>} */
  #notBefore = new Map();
  #host;

  constructor(host) {
    this.#host = host;
  }

  get size() {
    return this.#lines.size;
  }

  get isFull() {
    return this.size >= MOST;
  }

  /** The line to send now, if there is one. */
  next() {
    const now = Date.now();
    for (const [cmid, item] of this.#lines) {
      if (!(this.#notBefore.get(cmid) > now)) return item;
    }
    return undefined;
  }

  get(cmid) {
    return this.#lines.get(cmid);
  }

  add(item) {
    this.#lines.set(item.cmid, item);
    if (item.type !== "contact") this.#host.keep(PREFIX + item.cmid, JSON.stringify(item));
  }

  /** Takes the line out, if it was waiting. */
  settle(cmid) {
    const item = this.#lines.get(cmid);
    if (this.#lines.delete(cmid)) this.#host.keep(PREFIX + cmid, null);
    return item;
  }

  /** What earlier pages left, oldest first. */
  load(stored) {
    const names = Object.keys(stored).filter((name) => name.startsWith(PREFIX));
    const found = names.map((name) => parsed(stored[name])).sort(byTime);
    return found.filter((item) => this.#isNew(item) && this.#lines.set(item.cmid, item));
  }

  /**
   * Another tab wrote a line (`added`), or has seen to one (`gone`).
   * @returns {{added?: import("./page.js").Item, gone?: import("./page.js").Item}}
   */
  hear(name, value, { later, isInFlight }) {
    if (!name.startsWith(PREFIX)) return {};
    const cmid = name.slice(PREFIX.length);
    const known = this.#lines.get(cmid);
    if (value === null) {
      // What is under way from here as well gets its ack here.
      if (!known || isInFlight(cmid)) return {};
      this.#lines.delete(cmid);
      return { gone: known };
    }
    const item = parsed(value);
    if (!this.#isNew(item)) return {};
    this.#lines.set(item.cmid, item);
    this.#notBefore.set(item.cmid, Date.now() + GRACE_MS);
    setTimeout(later, GRACE_MS + 1);
    return { added: item };
  }

  clear() {
    for (const cmid of [...this.#lines.keys()]) this.settle(cmid);
  }

  #isNew(item) {
    return item.cmid && typeof item.text === "string" && !this.#lines.has(item.cmid);
  }
}

const byTime = (one, other) => String(one.at).localeCompare(other.at);

/** The embedding page's scripts may have put anything there. */
function parsed(value) {
  try {
    return JSON.parse(value) || {};
  } catch {
    return {};
  }
}
