// The conversation: what was seen, what is not yet acked, and who the visitor is.
import { Link } from "./link.js";
import { Visitor } from "./host.js";

/**
 * @typedef {import("./page.js").Item} Item
 * @typedef {import("./page.js").Line} Line
 */

const FINAL = new Set(["too_long", "empty", "bad_text", "cmid_conflict"]);
const DEAD_TOKEN = new Set(["token_unknown", "token_expired"]);
const WAITING = 50;
const PREFIX = "out:";
const ACK_MS = 15000;
const LONGEST_S = 60;

export class Chat {
  #view;
  #outbox;
  #link;
  #visitor;
  #session = null;
  #epoch = null;
  #last = 0;
  /** Lines that came before those they follow. */
  #held = new Map();
  #ready = false;
  #syncing = false;
  #live = false;
  #inFlight = null;
  #timer = 0;
  #refusals = 0;
  /** Ratings and the like given while there was no way to send them. */
  #unsaid = [];

  /** @param {{host: any, body: object, view: Object<string, Function>}} parts */
  constructor({ host, body, view }) {
    this.#view = view;
    this.#visitor = new Visitor({
      host,
      body,
      ready: () => this.#link.start(),
      failed: () => view.link(false),
    });
    this.#outbox = new Outbox((name, value) => host.keep(name, value));
    this.#link = new Link({
      hello: () => ({
        type: "hello",
        proto: 1,
        token: this.#visitor.token,
        last_seq: this.#last,
        epoch: this.#epoch,
      }),
      frame: (frame) => this.#take(frame),
      change: (isUp) => this.#changed(isUp),
    });
  }

  /** Goes on where an earlier page, or another tab, stopped. A fresh visitor costs nothing. */
  start(stored) {
    for (const item of this.#outbox.load(stored)) this.#view.pending(item);
    if (stored.token && !this.#visitor.token) this.#visitor.adopt(stored.token);
    else this.#pump();
  }

  /** Another tab began the chat or renewed its token. */
  adopt(token) {
    if (token) this.#visitor.adopt(token);
  }

  /** Takes a line and sends it as soon as that is possible; false when too many wait already. */
  offer(item) {
    if (!this.#outbox.add(item)) return false;
    this.#view.pending(item);
    this.#pump();
    return true;
  }

  /** For frames that need no ack; those without value later are lost when there is no way. */
  tell(frame, keep = false) {
    if (this.#ready) this.#link.send(frame);
    else if (keep) this.#unsaid.push(frame);
  }

  // ---- sending

  #pump() {
    if (!this.#visitor.token) {
      if (this.#outbox.size) this.#visitor.begin();
      return;
    }
    const item = this.#outbox.first;
    if (!this.#ready || this.#inFlight || !item) return;
    this.#inFlight = item.cmid;
    // A server that answers nothing has stored nothing, or its word was lost: both are safe to ask
    // again, as the key stays the same.
    this.#timer = window.setTimeout(() => this.#link.cut(), ACK_MS);
    const { at, ...frame } = item;
    this.#link.send(frame);
  }

  #landed(cmid) {
    if (this.#inFlight !== cmid) return;
    clearTimeout(this.#timer);
    this.#inFlight = null;
    this.#refusals = 0;
    this.#pump();
  }

  #acked(cmid, seq) {
    const item = this.#outbox.get(cmid);
    if (item) {
      this.#outbox.remove(cmid);
      this.#view.sent(item, seq);
    }
    if (seq === this.#last + 1) this.#advance(seq);
    else if (seq > this.#last) this.#sync();
    this.#landed(cmid);
  }

  #refused({ cmid, code, detail, retry_after: retryAfter }) {
    const item = this.#outbox.get(cmid);
    if (item && !FINAL.has(code)) {
      const longest = Math.min(LONGEST_S, 2 ** this.#refusals);
      this.#refusals += 1;
      clearTimeout(this.#timer);
      const wait = retryAfter ?? longest * (0.5 + Math.random() / 2);
      this.#timer = window.setTimeout(() => {
        this.#inFlight = null;
        this.#pump();
      }, wait * 1000);
      return;
    }
    this.#outbox.remove(cmid);
    if (item) this.#view.refused(item, detail);
    this.#landed(cmid);
  }

  // ---- receiving

  #take(frame) {
    const take = {
      welcome: () => this.#welcome(frame),
      synced: () => this.#synced(),
      message: () => this.#line(frame),
      ack: () => this.#acked(frame.cmid, frame.seq),
      refused: () => this.#refused(frame),
      state: () => this.#view.mode(frame.mode, frame.operator),
      typing: () => this.#view.typing(),
      heartbeat: () => frame.last_seq > this.#last && this.#sync(),
      token: () => this.#visitor.renew(frame.token),
      error: () => this.#error(frame),
    }[frame.type];
    take?.();
  }

  /** Numbering may have moved back when the server was restored: then everything is read anew. */
  #welcome({ session, epoch, last_seq, mode }) {
    const moved =
      (this.#epoch && epoch !== this.#epoch) ||
      (this.#session && session && session !== this.#session) ||
      last_seq < this.#last;
    if (moved) {
      this.#restart();
      this.#view.reset();
    }
    this.#epoch = epoch;
    this.#session = session || this.#session;
    this.#view.mode(mode);
  }

  #restart() {
    this.#last = 0;
    this.#held.clear();
    this.#live = this.#syncing = false;
    this.#landed(this.#inFlight);
  }

  #synced() {
    this.#syncing = false;
    this.#live = this.#ready = true;
    for (const frame of this.#unsaid.splice(0)) this.#link.send(frame);
    this.#pump();
  }

  #line(line) {
    if (line.seq <= this.#last) return;
    this.#held.set(line.seq, line);
    if (line.seq > this.#last + 1) {
      this.#sync();
      return;
    }
    this.#show(line);
    this.#advance(line.seq);
  }

  #show(line) {
    const mine = line.cmid && this.#outbox.get(line.cmid);
    if (mine) {
      this.#outbox.remove(line.cmid);
      this.#view.sent(mine, line.seq);
      this.#landed(line.cmid);
    } else this.#view.line(line, this.#live);
  }

  #advance(seq) {
    this.#held.delete(seq);
    this.#last = seq;
    const next = this.#held.get(seq + 1);
    if (next) {
      this.#show(next);
      this.#advance(seq + 1);
    }
  }

  #sync() {
    if (this.#syncing || !this.#ready) return;
    this.#syncing = true;
    this.#link.send({ type: "sync", since: this.#last });
  }

  #error({ code, detail }) {
    if (DEAD_TOKEN.has(code)) this.#forget();
    else this.#view.trouble(code, detail);
  }

  /** Another tab may hold a newer token; else the next line begins a new chat. */
  async #forget() {
    if (!this.#visitor.token) return;
    this.#link.stop();
    this.#ready = false;
    if (await this.#visitor.forget()) return;
    this.#session = null;
    this.#restart();
    this.#view.ended();
    this.#pump();
  }

  #changed(isUp) {
    if (!isUp) {
      this.#ready = this.#syncing = false;
      clearTimeout(this.#timer);
      this.#inFlight = null;
    }
    this.#view.link(isUp);
  }
}

/** Lines that no ack was seen for. They survive a reload. */
class Outbox {
  #items = new Map();
  #keep;

  constructor(keep) {
    this.#keep = keep;
  }

  get size() {
    return this.#items.size;
  }

  get first() {
    return this.#items.values().next().value;
  }

  get(cmid) {
    return this.#items.get(cmid);
  }

  /** Takes in what earlier pages left; returns what is new here, oldest first. */
  load(stored) {
    const found = Object.entries(stored)
      .filter(([name]) => name.startsWith(PREFIX))
      .map(([, value]) => parsed(value))
      .filter((item) => item && !this.#items.has(item.cmid))
      .sort((one, other) => one.at.localeCompare(other.at));
    for (const item of found) this.#items.set(item.cmid, item);
    return found;
  }

  /**
   * Each line has a key of its own, so that tabs never overwrite each other's. What a contact
   * form holds is not stored where the embedding page could read it.
   */
  add(item) {
    if (this.#items.size >= WAITING) return false;
    this.#items.set(item.cmid, item);
    if (item.type !== "contact") this.#keep(PREFIX + item.cmid, JSON.stringify(item));
    return true;
  }

  remove(cmid) {
    if (this.#items.delete(cmid)) this.#keep(PREFIX + cmid, null);
  }
}

function parsed(value) {
  try {
    const item = JSON.parse(value);
    return item && item.cmid && item.at ? item : null;
  } catch {
    return null;
  }
}
