// The middle pane's lines: messages, notes and days in one order, drawn once and kept by key.
import {
  drawBroken,
  drawDay,
  drawMessage,
  drawNote,
  drawPending,
  drawSeen,
  drawStream,
} from "./line.js";
import { byId, button, make, say } from "./page.js";
import { dayOf } from "./time.js";

const NEAR_END_PX = 60;
const NEAR_TOP_PX = 40;

export class Log {
  #log = byId("log");
  #latest = byId("latest");
  #typing = make("div", { className: "line typing", hidden: true });
  /** Lines by key, with what they were drawn from. @type {Map<string, {node: any, from: any}>} */
  #drawn = new Map();
  /** @type {import("./threads.js").Thread | null} */
  #thread = null;
  #frame = 0;
  #follows = true;
  #put = 0;
  #isAsking = false;
  #hooks;

  /** @param {Object<string, Function>} hooks older, read, wrong, correct */
  constructor(hooks) {
    this.#hooks = hooks;
    this.#log.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.#latest.addEventListener("click", () => this.toEnd());
    new ResizeObserver(() => this.#settle()).observe(this.#log);
    // Pictures have no height before they are there.
    this.#log.addEventListener("load", () => this.#settle(), true);
  }

  /** Shows another conversation, where it was left. */
  show(thread) {
    if (this.#thread && this.#thread !== thread) {
      this.#thread.scrolled = this.#follows ? null : this.#log.scrollTop;
    }
    this.#thread = thread;
    this.#drawn.clear();
    this.#log.replaceChildren();
    this.#isAsking = false;
    this.#follows = !thread || thread.scrolled === null;
    this.#latest.hidden = true;
    this.#draw();
    if (thread && !this.#follows) this.#log.scrollTop = this.#put = thread.scrolled;
  }

  /** Something of it has changed; drawn with the next frame. */
  changed() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  }

  /** @param {string[]} said who is typing, in words */
  typing(said) {
    this.#typing.hidden = !said.length;
    this.#typing.replaceChildren(...said.map((text) => make("p", {}, text)));
    this.#settle();
  }

  get isAtEnd() {
    return this.#follows;
  }

  #draw() {
    const thread = this.#thread;
    if (!thread) return;
    const height = this.#log.scrollHeight;
    const lines = [...this.#lines(thread)];
    const wanted = new Set(lines.map(({ key }) => key));
    for (const [key, { node }] of this.#drawn) {
      if (wanted.has(key)) continue;
      node.remove();
      this.#drawn.delete(key);
    }
    const grew = this.#place(lines);
    this.#log.append(this.#typing);
    if (grew === "above") this.#log.scrollTop += this.#log.scrollHeight - height;
    if (grew === "below" && !this.#follows) this.#latest.hidden = false;
    this.#settle();
  }

  /** @returns {"above" | "below" | ""} where lines of others have come in */
  #place(lines) {
    let next = this.#log.firstElementChild;
    let grew = "";
    const hadLines = this.#drawn.size > 2;
    for (const { key, from, draw } of lines) {
      const known = this.#drawn.get(key);
      if (known?.from === from) {
        if (known.node === next) next = next.nextElementSibling;
        else this.#log.insertBefore(known.node, next);
        continue;
      }
      const node = safely(draw, from);
      this.#drawn.set(key, { node, from });
      if (known) {
        if (known.node === next) next = next.nextElementSibling;
        known.node.replaceWith(node);
        continue;
      }
      if (hadLines && key !== "stream" && !from.own) {
        grew = next && next !== this.#typing ? "above" : "below";
      }
      this.#log.insertBefore(node, next);
    }
    return grew;
  }

  /** All there is to show, each with a key and what it is drawn from. */
  *#lines(thread) {
    if (!thread.isLoaded) return;
    if (thread.more) yield line("more", this.#isAsking, () => this.#moreButton());
    const seen = lastRead(thread);
    let day = "";
    for (const item of merged(thread)) {
      const name = dayOf(item.at);
      if (name !== day) yield line(`day ${name}`, name, () => drawDay(item.at));
      day = name;
      if (item.seq === undefined) yield line(`note ${item.id}`, item, drawNote);
      else yield line(`line ${item.seq}`, item, (from) => this.#message(from));
      if (item.seq === seen) yield line("seen", seen, drawSeen);
    }
    if (thread.stream) yield line("stream", thread.stream.text, () => drawStream(thread.stream));
    for (const [cmid, item] of thread.pending) {
      yield line(`out ${cmid} ${item.status}`, item, (from) => drawPending(from));
    }
  }

  #message(message) {
    const node = drawMessage(message, this.#hooks, this.#thread.facts.row?.kind === "mine");
    node.dataset.seq = message.seq;
    return node;
  }

  #moreButton() {
    const more = button(say(this.#isAsking ? "loading" : "older"), () => this.#older());
    more.disabled = this.#isAsking;
    return make("div", { className: "line more" }, more);
  }

  #older() {
    const thread = this.#thread;
    if (this.#isAsking || !thread?.more) return;
    this.#isAsking = true;
    this.#hooks.older(thread);
    this.changed();
  }

  /** What was asked for has come. */
  cameOlder() {
    this.#isAsking = false;
    this.changed();
  }

  #scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.#log;
    if (!clientHeight || scrollTop === this.#put) return;
    this.#put = scrollTop;
    this.#follows = scrollHeight - clientHeight - scrollTop < NEAR_END_PX;
    if (this.#follows) {
      this.#latest.hidden = true;
      this.#hooks.read();
    }
    if (scrollTop < NEAR_TOP_PX && scrollHeight > clientHeight) this.#older();
  }

  /** Follows the end from here on, as after one's own line. */
  toEnd() {
    this.#follows = true;
    this.#latest.hidden = true;
    this.#settle();
    this.#hooks.read();
  }

  #settle() {
    if (!this.#follows) return;
    this.#log.scrollTop = this.#log.scrollHeight;
    this.#put = this.#log.scrollTop;
  }
}

const line = (key, from, draw) => ({ key, from, draw });

/** The last of the team's lines that the visitor has read, if nothing was said after it. */
function lastRead({ messages, readBy, last }) {
  const message = messages.get(last);
  return message?.author === "operator" && last <= readBy ? last : 0;
}

/** Messages in their order; notes stand where they were written. */
function* merged(thread) {
  const notes = [...thread.notes].sort((one, other) => Date.parse(one.at) - Date.parse(other.at));
  const messages = [...thread.messages.values()].sort((one, other) => one.seq - other.seq);
  const first = thread.more && messages[0] ? Date.parse(messages[0].at) : -Infinity;
  const shown = notes.filter(({ at }) => Date.parse(at) >= first);
  for (const message of messages) {
    while (shown.length && Date.parse(shown[0].at) < Date.parse(message.at)) yield shown.shift();
    yield message;
  }
  yield* shown;
}

/** A line that cannot be drawn must not keep the others from being shown. */
function safely(draw, from) {
  try {
    return draw(from);
  } catch {
    return drawBroken(from);
  }
}
