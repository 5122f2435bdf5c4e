// The transcript: lines in the order of the server, the visitor's unsent ones at the end.
import { need } from "./lazy.js";
import { day, draw, other, own, status } from "./line.js";
import { announce, button, byId, make, say } from "./page.js";
import { Stream } from "./stream.js";

const NEAR_END_PX = 60;
const MARGIN_PX = 12;
const TYPING_MS = 40000;
const WRITING_MS = 6000;

export class Log {
  #log = byId("log");
  #latest = byId("latest");
  #halt = byId("stop");
  #dots = make("div", { className: "line bot dots", hidden: true });
  #timer = 0;
  #follows = true;
  /** Where it was put last, and how far it could be scrolled then. */
  #put = 0;
  #room = 0;
  #frame = 0;
  #highest = 0;
  /** Where reading goes on: the beginning of a reply that has no room. @type {Element | null} */
  #anchor = null;
  #hooks;
  /** @type {Stream | null} */
  #stream = null;
  /** Deltas of a turn that has ended, or was stopped, come too late. */
  #over = null;

  /** @param {Object<string, Function>} hooks retry, edit, rate, person and stop */
  constructor(hooks) {
    this.#hooks = { ...hooks, settle: () => this.settle() };
    this.#dots.append(make("p", { className: "bubble" }, make("i"), make("i"), make("i")));
    this.#log.append(this.#dots);
    this.#log.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.#latest.addEventListener("click", () => this.settle(true));
    this.#halt.addEventListener("click", () => this.#stopped());
    new ResizeObserver(() => this.settle()).observe(this.#log);
  }

  get isEmpty() {
    return !this.#log.querySelector("[data-day]");
  }

  /** Shows the end, if that is where the reader was. */
  settle(always = false) {
    if (always) {
      this.#follows = this.#latest.hidden = true;
      this.#anchor = null;
    }
    // Asked for by every line, but the layout is read once per painted frame.
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      const top = this.#anchor ? this.#anchor.offsetTop - MARGIN_PX : Infinity;
      if (this.#follows) this.#log.scrollTop = Math.min(top, this.#log.scrollHeight);
      // A phone's keyboard must not hide what it was brought up for.
      const field = document.querySelector("#log :is(input, select, textarea):focus");
      field?.scrollIntoView({ block: "nearest" });
      this.#put = this.#log.scrollTop;
      this.#room = this.#log.scrollHeight - this.#log.clientHeight;
    });
  }

  /** @param {import("./page.js").Item} item */
  pending(item) {
    const node = status(own(item.text, new Date(item.at), item.files), "sending");
    node.dataset.cmid = item.cmid;
    this.#place(node);
    this.settle(true);
  }

  sent(item, seq) {
    const node = this.#find("cmid", item.cmid) || own(item.text, new Date(item.at), item.files);
    delete node.dataset.cmid;
    status(node, "sent");
    this.#place(node, seq, item.at);
    this.settle();
  }

  /** Another tab has seen to it. */
  dropped(item) {
    this.#find("cmid", item.cmid)?.remove();
  }

  /** The server will not take it: says why, and offers to try again or to change it. */
  refused(item, detail) {
    const node = this.#find("cmid", item.cmid);
    if (!node) return;
    delete node.dataset.cmid;
    status(node, "failed", detail);
    for (const name of ["retry", "edit"]) {
      const act = () => {
        node.remove();
        this.#hooks[name](item);
      };
      node.lastElementChild.append(" ", button(say(name), act));
    }
    announce(detail);
    this.settle();
  }

  /**
   * Adds a stored line; a broken one must not keep the others from being shown.
   * @param {import("./page.js").Line} line
   */
  add(line, ...below) {
    if (this.#find("seq", line.seq)) return;
    const isReply = line.author !== "visitor";
    const stream = isReply ? this.#endStream() : null;
    let node;
    try {
      node = draw(line, this.#hooks, Boolean(stream));
    } catch {
      node = make("div", { className: "line notice" }, String(line.text ?? ""));
    }
    node.append(...below);
    stream?.node.remove();
    this.#place(node, line.seq, line.at);
    const { action, corrects, edited_at: since } = line.meta || {};
    if (corrects) amend(this.#find("seq", corrects.seq), line.at, corrects.text);
    else if (since) amend(node, since);
    if (action) {
      Object.assign(node.dataset, { action: action.id, told: action.status });
      this.action(action);
    }
    if (isReply) this.#anchor = stream ? null : node;
    if (isReply) this.typing(false);
    this.#grown();
  }

  /** Where what was set off stands now, at every line that speaks of it. */
  action({ id, status }) {
    for (const node of this.#log.querySelectorAll("[data-action]")) {
      if (node.dataset.action === id) node.dataset.state = status;
    }
  }

  /** Something came under a line, which is where reading goes on. */
  extended(place) {
    this.#anchor = place.parentElement;
    this.settle();
  }

  /** A person writes, who says so every few seconds. */
  writes() {
    this.typing(true, null, WRITING_MS);
  }

  /** Three dots, until the answer comes or none is to be expected any more. */
  typing(on, stream = this.#stream, ms = TYPING_MS) {
    clearTimeout(this.#timer);
    if (on && stream) return;
    if (ms === TYPING_MS && on && this.#dots.hidden) announce(say("answering"));
    this.#dots.hidden = !on;
    if (!on) return;
    this.#log.append(this.#dots);
    this.#timer = setTimeout(() => this.typing(false), ms);
    this.settle();
  }

  /** A part of an answer that is being written. */
  delta(frame) {
    if (frame.turn === this.#over) return;
    if (this.#stream?.turn !== frame.turn) {
      const wasStopped = this.#stream?.turn === this.#over;
      const old = this.#endStream();
      if (!wasStopped) old?.node.remove();
      this.typing(true);
      this.#anchor = null;
      this.#stream = new Stream(frame.turn, drawStream, () => this.#grown());
      this.#place(this.#stream.node);
    }
    const stream = this.#stream;
    stream.take(frame);
    // What is taken back leaves the dots, until another model speaks.
    this.#halt.hidden = stream.node.hidden = !stream.taken;
    this.typing(!stream.taken, null);
  }

  /** The way to the server is gone: nothing can be stopped. */
  cut() {
    this.typing(false);
    this.#halt.hidden = true;
  }

  /** Drops what was stored; unsent lines stay. */
  reset() {
    for (const node of this.#log.querySelectorAll("[data-seq], .day")) node.remove();
    this.#endStream()?.node.remove();
    this.#highest = 0;
  }

  /** Nobody shall read any of it here. */
  wipe() {
    this.typing(false);
    this.reset();
    for (const node of this.#log.querySelectorAll(".line:not([data-first], .dots)")) node.remove();
    this.settle(true);
  }

  /** What follows belongs to a new conversation, with numbers of its own. */
  close() {
    this.#endStream();
    for (const node of this.#log.querySelectorAll("[data-seq]")) delete node.dataset.seq;
    this.#highest = 0;
    this.#place(make("div", { className: "line notice" }, say("ended")), 0);
    this.settle();
  }

  #grown() {
    this.settle();
    this.#latest.hidden = this.#follows;
  }

  #stopped() {
    const stream = this.#endStream();
    if (!stream) return;
    stream.node.firstElementChild.append(` · ${say("stopped")}`);
    announce(say("stopped"));
    this.#hooks.stop(stream.turn);
    // The stored line takes its place; until then it is what was said.
    this.#stream = stream;
  }

  #endStream() {
    const stream = this.#stream;
    this.#stream = null;
    this.#halt.hidden = true;
    stream?.stop();
    if (stream) this.#over = stream.turn;
    return stream;
  }

  #find(name, value) {
    return this.#log.querySelector(`[data-${name}="${value}"]`);
  }

  /** Without a number it goes to the end. Stored lines stand before those that are not. */
  #place(node, seq, at) {
    if (seq) node.dataset.seq = String(seq);
    let next = this.#dots.hidden || seq === undefined ? null : this.#dots;
    const unsent = this.#log.querySelector("[data-cmid]");
    if (seq !== undefined && unsent) next = unsent;
    const isLate = seq < this.#highest;
    for (const stored of isLate ? this.#log.querySelectorAll("[data-seq]") : []) {
      if (stored !== node && Number(stored.dataset.seq) > seq) {
        next = stored;
        break;
      }
    }
    this.#highest = Math.max(this.#highest, seq || 0);
    this.#log.insertBefore(node, next);
    this.#date(node, new Date(at || Date.now()));
  }

  /** A talk that spans days says where one begins; one of today needs no word. */
  #date(node, at) {
    const name = at.toDateString();
    node.dataset.day = name;
    let before = node.previousElementSibling;
    while (before && !before.dataset.day) before = before.previousElementSibling;
    const last = before ? before.dataset.day : new Date().toDateString();
    if (name !== last && !Number.isNaN(at.getTime())) node.before(day(at));
  }

  #scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.#log;
    if (!clientHeight) return;
    const room = scrollHeight - clientHeight;
    const shrank = room < this.#room;
    const isNear = room - scrollTop < NEAR_END_PX;
    this.#room = room;
    if (isNear) this.#follows = this.#latest.hidden = true;
    // Only the reader leaves what is being read; less room moves it as well.
    if (shrank || scrollTop === this.#put) return;
    this.#follows = isNear;
    this.#anchor = null;
  }
}

/** A correction stands in a line of its own as well, also where this cannot be fetched. */
const amend = (...given) => need("edited").then(({ edited }) => edited(...given), () => {});

function drawStream(text) {
  const node = other(true, "", make("div", { className: "bubble" }, text));
  node.classList.add("plain", "streaming");
  return node;
}
