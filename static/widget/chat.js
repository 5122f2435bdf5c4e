// The conversation: what was seen, what is not yet acked, and who the visitor is.
import { Visitor } from "./host.js";
import { Link } from "./link.js";

const FINAL = new Set(["too_long", "empty", "bad_text", "cmid_conflict"]);
const DEAD_TOKEN = new Set(["token_unknown", "token_expired"]);
const WAITING = 50;
const PREFIX = "out:";
const ACK_MS = 15000;
const LONGEST_S = 60;

export class Chat {
  #host;
  #view;
  #link;
  #visitor;
  /** Lines without an ack yet; they survive a reload. @type {Map<string, import("./page.js").Item>} */
  #outbox = new Map();
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
    this.#host = host;
    this.#view = view;
    this.#visitor = new Visitor({
      host,
      body,
      ready: () => this.#link.start(),
      failed: () => view.link(false),
    });
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
    const names = Object.keys(stored).filter((name) => name.startsWith(PREFIX));
    for (const item of names.map((name) => parsed(stored[name])).sort(byTime)) {
      if (!item.cmid || this.#outbox.has(item.cmid)) continue;
      this.#outbox.set(item.cmid, item);
      this.#view.pending(item);
    }
    if (stored.token && !this.#visitor.token) this.#visitor.adopt(stored.token);
    else this.#pump();
  }

  /** Another tab began the chat or renewed its token. */
  adopt(token) {
    if (token) this.#visitor.adopt(token);
  }

  /**
   * Takes a line and sends it as soon as that is possible; false when too many wait already.
   * Each has a key of its own in the storage, so that tabs never overwrite each other's. What a
   * contact form holds is not kept there: the embedding page could read it.
   */
  offer(item) {
    if (this.#outbox.size >= WAITING) return false;
    this.#outbox.set(item.cmid, item);
    if (item.type !== "contact") this.#host.keep(PREFIX + item.cmid, JSON.stringify(item));
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
    const [item] = this.#outbox.values();
    if (!this.#ready || this.#inFlight || !item) return;
    this.#inFlight = item.cmid;
    // No answer: nothing was stored, or its word was lost. The key makes it safe to ask again.
    this.#timer = setTimeout(() => this.#link.cut(), ACK_MS);
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
    const item = this.#settled(cmid);
    if (item) this.#view.sent(item, seq);
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
      this.#timer = setTimeout(() => {
        this.#inFlight = null;
        this.#pump();
      }, wait * 1000);
      return;
    }
    if (this.#settled(cmid)) this.#view.refused(item, detail);
    this.#landed(cmid);
  }

  /** The line, if it was waiting for this. */
  #settled(cmid) {
    const item = this.#outbox.get(cmid);
    if (this.#outbox.delete(cmid)) this.#host.keep(PREFIX + cmid, null);
    return item;
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
      // Not every server looks at the epoch that it is told.
      this.#link.send({ type: "sync", since: 0 });
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
    const mine = this.#settled(line.cmid);
    if (mine) {
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
    this.#ready = this.#syncing = false;
    clearTimeout(this.#timer);
    this.#inFlight = null;
    this.#view.link(isUp);
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
