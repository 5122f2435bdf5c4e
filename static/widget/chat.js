// The conversation: what was seen, what is not yet acked, and who the visitor is.
import { Visitor } from "./host.js";
import { Link } from "./link.js";
import { Outbox } from "./outbox.js";

const DEAD_TOKEN = new Set(["token_unknown", "token_expired"]);
const ACK_MS = 15000;
const GOODBYE_MS = 3000;

export class Chat {
  #view;
  #link;
  #visitor;
  #outbox;
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
  /** Ratings and the like given while there was no way to send them. */
  #unsaid = [];
  /** The token of somebody who has left, until the server has heard of it and hung up. */
  #leaving = null;
  #isToldOf = false;
  /** The token that the way in use began with. */
  #shown = null;
  /** What proves who the visitor is, until the server has judged it. */
  #jwt = null;
  #hasAsked = false;

  /** @param {{host: any, body: object, view: Object<string, Function>}} parts */
  constructor({ host, body, view }) {
    this.#view = view;
    this.#outbox = new Outbox(host);
    this.#visitor = new Visitor({
      host,
      body,
      ready: () => this.#link.start(),
      failed: (why) => view.link(false, why),
    });
    this.#link = new Link({
      hello: () => ({
        type: "hello",
        proto: 1,
        token: (this.#shown = this.#leaving || this.#visitor.token),
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

  /** Another tab began the chat, renewed its token, left, wrote a line or saw to one. */
  stored(name, value) {
    if (name === "token") {
      if (value) this.#visitor.adopt(value);
      else if (this.#visitor.token) this.#left();
      return;
    }
    const { added, gone } = this.#outbox.hear(name, value, {
      later: () => this.#pump(),
      isInFlight: (cmid) => cmid === this.#inFlight,
    });
    if (added) this.#view.pending(added);
    if (gone) this.#view.dropped(gone);
  }

  /** Takes a line and sends it as soon as that is possible; false when too many wait already. */
  offer(item) {
    if (this.#outbox.isFull) return false;
    // What was there when it was written: a yes counts for no card that came later.
    item.seen = this.#last;
    this.#outbox.add(item);
    this.#view.pending(item);
    this.#link.hurry();
    this.#pump();
    return true;
  }

  /** Who the visitor is, for a request beside the way of lines; null where that cannot be had. */
  async token() {
    if (!this.#visitor.token) await this.#visitor.begin();
    return this.#visitor.token;
  }

  /** For frames that need no ack; those without value later are lost when there is no way. */
  tell(frame, keep = false) {
    if (this.#ready) this.#link.send(frame);
    else if (keep) this.#unsaid.push(frame);
  }

  /** The visitor goes: the server ends the session, and nothing of it stays here. */
  async logout() {
    const token = this.#visitor.token;
    this.#wipe();
    if (!token) return;
    this.#leaving = token;
    if (this.#ready) this.#sayGoodbye();
    this.#clear();
    await this.#visitor.drop();
  }

  /** Tells the server as soon as there is a session to tell it in. */
  identify(jwt = this.#jwt) {
    this.#jwt = jwt;
    if (jwt && this.#ready) this.#link.send({ type: "identify", jwt });
  }

  /** The old token is dead from here on, also for a request that waits. */
  #identified({ token }) {
    this.#jwt = null;
    this.#hasAsked = false;
    if (!token) return;
    this.#visitor.renew(token);
    this.#link.send({ type: "sync", since: this.#last });
  }

  #pump() {
    if (!this.#visitor.token) {
      if (this.#outbox.size) this.#visitor.begin();
      return;
    }
    const item = this.#outbox.next();
    if (!this.#ready || this.#inFlight || !item) return;
    this.#inFlight = item.cmid;
    // No answer: nothing was stored, or its word was lost. The key makes it safe to ask again.
    this.#timer = setTimeout(() => this.#link.cut(), ACK_MS);
    const { at, files, ...frame } = item;
    this.#link.send(frame);
  }

  #landed(cmid) {
    if (this.#inFlight !== cmid) return;
    clearTimeout(this.#timer);
    this.#inFlight = null;
    this.#pump();
  }

  #acked(cmid, seq) {
    const item = this.#outbox.settle(cmid);
    if (item) this.#view.sent(item, seq);
    if (seq === this.#last + 1) this.#advance(seq);
    else if (seq > this.#last) this.#sync();
    this.#landed(cmid);
  }

  /** Without a time to come back it is final. */
  #refused({ cmid, detail, field, retry_after: retryAfter }) {
    const item = this.#outbox.get(cmid);
    if (item && retryAfter !== undefined) {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => {
        this.#inFlight = null;
        this.#pump();
      }, retryAfter * 1000);
      return;
    }
    if (this.#outbox.settle(cmid)) this.#view.refused(item, detail, field);
    this.#landed(cmid);
  }

  #take(frame) {
    if (this.#leaving) {
      // The way was not there yet, or its token is gone already.
      if (frame.type === "welcome") this.#sayGoodbye();
      else if (frame.type === "error") this.#gone();
      return;
    }
    const take = {
      welcome: () => this.#welcome(frame),
      synced: () => this.#synced(),
      message: () => this.#line(frame),
      ack: () => this.#acked(frame.cmid, frame.seq),
      refused: () => this.#refused(frame),
      delta: () => this.#view.delta(frame),
      state: () => this.#view.mode(frame),
      typing: () => this.#view.typing(),
      action: () => this.#view.action(frame),
      heartbeat: () => frame.last_seq > this.#last && this.#sync(),
      token: () => this.#visitor.renew(frame.token),
      identified: () => this.#identified(frame),
      error: () => this.#error(frame),
    }[frame.type];
    take?.();
  }

  /** Numbering may have moved back when the server was restored: then everything is read anew. */
  #welcome(frame) {
    const { session, epoch, last_seq } = frame;
    const moved =
      (this.#epoch && epoch !== this.#epoch) ||
      (this.#session && session && session !== this.#session) ||
      last_seq < this.#last;
    if (moved) {
      this.#restart();
      this.#view.reset();
      // Not every server looks at the epoch that it is told.
      this.#link.send({ type: "sync", since: 0 });
      this.#view.identify();
    }
    this.#epoch = epoch;
    this.#session = session || this.#session;
    this.#view.welcome(session, last_seq);
    this.#view.mode(frame);
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
    this.identify();
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

  /** A line that cannot be shown must not hold up those after it. */
  #show(line) {
    const mine = this.#outbox.settle(line.cmid);
    try {
      if (mine) this.#view.sent(mine, line.seq);
      else this.#view.line(line, this.#live);
    } catch (error) {
      reportError(error);
    }
    if (mine) this.#landed(line.cmid);
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
    else if (code === "identity_changed") {
      this.#visitor.drop();
      this.#left();
      this.#view.identify();
    } else if (code === "identity_expired" && !this.#hasAsked) {
      this.#hasAsked = true;
      this.#view.identify();
    } else this.#view.trouble(code, detail);
    if (code.startsWith("identity")) this.#jwt = null;
  }

  /** Another tab may hold a newer token; else the next line begins a new chat. */
  async #forget() {
    if (!this.#visitor.token) return;
    this.#link.stop();
    this.#ready = false;
    // Another tab's came meanwhile: this way still had the one before it.
    if (this.#shown !== this.#visitor.token) return this.#link.start();
    if (await this.#visitor.forget()) return;
    this.#clear();
    this.#view.ended();
    this.#view.identify();
    this.#pump();
  }

  /** It ended in another tab: whoever sits here now may be somebody else. */
  #left() {
    this.#visitor.token = null;
    this.#link.stop();
    this.#wipe();
    this.#clear();
    this.#view.ended();
  }

  #wipe() {
    this.#jwt = null;
    this.#outbox.clear();
    this.#view.wiped();
  }

  /** The server hangs up then; if this side did, what is not read yet would be lost. */
  #sayGoodbye() {
    this.#link.send({ type: "logout" });
    this.#isToldOf = true;
    setTimeout(() => this.#gone(), GOODBYE_MS);
  }

  #gone() {
    if (!this.#leaving) return;
    this.#leaving = null;
    this.#isToldOf = false;
    this.#link.stop();
    setTimeout(() => this.#visitor.token && this.#link.start());
  }

  #clear() {
    this.#ready = false;
    this.#session = this.#epoch = null;
    this.#unsaid = [];
    this.#restart();
  }

  #changed(isUp) {
    this.#ready = this.#syncing = false;
    clearTimeout(this.#timer);
    this.#inFlight = null;
    if (this.#leaving && this.#isToldOf && !isUp) this.#gone();
    else this.#view.link(isUp);
  }
}
