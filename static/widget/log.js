// The transcript: lines in the order of the server, the visitor's unsent ones at the end.
import { announce, byId, icon, link, make, rich, say } from "./page.js";

const NEAR_END_PX = 60;
const TYPING_MS = 40000;

export class Log {
  #log = byId("log");
  #latest = byId("latest");
  #dots = make("div", { className: "line bot dots", hidden: true }, make("i"), make("i"), make("i"));
  #timer = 0;
  #follows = true;
  #top = 0;
  #hooks;
  #locale;

  /** @param {{retry: Function, rate: (seq: number, value: number) => void}} hooks */
  constructor(locale, hooks) {
    this.#hooks = hooks;
    this.#locale = locale;
    this.#log.append(this.#dots);
    this.#log.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.#latest.addEventListener("click", () => this.settle(true));
    new ResizeObserver(() => this.settle()).observe(this.#log);
  }

  /** Shows the end, if that is where the reader was. */
  settle(always = false) {
    if (always) this.#follows = true;
    if (this.#follows) this.#log.scrollTop = this.#log.scrollHeight;
  }

  /** @param {import("./page.js").Item} item */
  pending(item) {
    const node = this.#own(item.text, new Date(item.at));
    node.dataset.cmid = item.cmid;
    this.#status(node, "sending");
    this.#place(node);
    this.settle(true);
  }

  sent(item, seq) {
    const node = this.#find("cmid", item.cmid) || this.#own(item.text, new Date(item.at));
    delete node.dataset.cmid;
    this.#status(node, "sent");
    this.#place(node, seq);
    this.settle();
  }

  /** The server will not take it: says why, and gives the text back. */
  refused(item, detail) {
    const node = this.#find("cmid", item.cmid);
    if (!node) return;
    delete node.dataset.cmid;
    this.#status(node, "failed", detail);
    const again = make("button", { type: "button", textContent: say("edit") });
    again.addEventListener("click", () => {
      node.remove();
      this.#hooks.retry(item);
    });
    node.lastElementChild.append(again);
    announce(detail);
    this.settle();
  }

  /**
   * Adds a stored line; a broken one must not keep the others from being shown.
   * @param {import("./page.js").Line} line
   */
  add(line, ...below) {
    if (this.#find("seq", line.seq)) return;
    let node;
    try {
      node = this.#draw(line);
    } catch {
      node = make("div", { className: "line notice" }, line.text);
    }
    node.append(...below);
    this.#place(node, line.seq);
    if (line.author !== "visitor") this.typing(false);
    this.settle();
    this.#latest.hidden = this.#follows;
  }

  /** Three dots, until the answer comes or none is to be expected any more. */
  typing(on) {
    clearTimeout(this.#timer);
    if (on && this.#dots.hidden) announce(say("answering"));
    this.#dots.hidden = !on;
    if (!on) return;
    this.#log.append(this.#dots);
    this.#timer = setTimeout(() => this.typing(false), TYPING_MS);
    this.settle();
  }

  /** Drops what was stored; unsent lines stay. */
  reset() {
    for (const node of this.#log.querySelectorAll("[data-seq]")) node.remove();
  }

  /** What follows belongs to a new conversation, with numbers of its own. */
  close() {
    for (const node of this.#log.querySelectorAll("[data-seq]")) delete node.dataset.seq;
    this.#place(make("div", { className: "line notice" }, say("ended")), 0);
    this.settle();
  }

  #draw(line) {
    const at = new Date(line.at);
    if (line.author === "visitor") {
      const node = this.#own(line.text, at);
      this.#status(node, "sent");
      return node;
    }
    if (line.author === "system") return make("div", { className: "line notice" }, rich(line.text));
    const isBot = line.author === "bot";
    const name = line.name || say(isBot ? "assistant" : "operator");
    const by = make("p", { className: "by" }, make("bdi", {}, name));
    if (isBot && line.name) by.append(make("span", { className: "ai" }, say("assistant")));
    by.append(this.#time(at));
    const bubble = make("div", { className: "bubble" }, rich(line.text));
    const node = make("div", { className: `line ${isBot ? "bot" : "person"}` }, by, bubble);
    const sources = line.meta?.sources || [];
    if (sources.length) node.append(this.#under(line.seq, sources));
    return node;
  }

  #own(text, at) {
    const bubble = make("div", { className: "bubble" }, make("p", {}, text));
    const status = make("p", { className: "by" }, make("span"), this.#time(at));
    const who = make("span", { className: "sr" }, say("you"));
    return make("div", { className: "line own" }, who, bubble, status);
  }

  #status(node, name, detail = "") {
    node.dataset.status = name;
    const by = node.lastElementChild;
    by.firstElementChild.textContent = detail ? `${say(name)} ${detail}` : say(name);
  }

  #time(at) {
    const day = at.toDateString() === new Date().toDateString() ? undefined : "short";
    const text = at.toLocaleString(this.#locale, { dateStyle: day, timeStyle: "short" });
    return make("time", { dateTime: at.toISOString() }, text);
  }

  #under(seq, sources) {
    const list = make("ul");
    for (const { title, url } of sources) {
      list.append(make("li", {}, url ? link(url, title) : title));
    }
    const label = say("sources", { count: sources.length });
    const fold = make("details", {}, make("summary", {}, label), list);
    fold.addEventListener("toggle", () => this.settle());
    return make("div", { className: "under" }, fold, this.#thumbs(seq));
  }

  #thumbs(seq) {
    const thanks = make("span", { role: "status" });
    const buttons = [
      ["up", "helpful", 1],
      ["down", "not_helpful", -1],
    ].map(([picture, label, value]) => {
      const properties = { type: "button", title: say(label), ariaPressed: "false" };
      const button = make("button", { ...properties, ariaLabel: say(label) }, icon(picture));
      button.addEventListener("click", () => {
        for (const other of buttons) other.ariaPressed = String(other === button);
        thanks.textContent = say("rated");
        this.#hooks.rate(seq, value);
      });
      return button;
    });
    return make("div", { className: "thumbs" }, thanks, ...buttons);
  }

  #find(name, value) {
    return this.#log.querySelector(`[data-${name}="${value}"]`);
  }

  /** Without a number it goes to the end. Stored lines stand before those that are not. */
  #place(node, seq) {
    if (seq) node.dataset.seq = String(seq);
    let next = this.#dots.hidden || seq === undefined ? null : this.#dots;
    const unsent = this.#log.querySelector("[data-cmid]");
    if (seq !== undefined && unsent) next = unsent;
    for (const other of seq ? this.#log.querySelectorAll("[data-seq]") : []) {
      if (other !== node && Number(other.dataset.seq) > seq) {
        next = other;
        break;
      }
    }
    this.#log.insertBefore(node, next);
  }

  #scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.#log;
    if (!clientHeight) return;
    const isNear = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
    // Only the reader moves it up; what grows around the log leaves it where it is.
    this.#follows = isNear || (this.#follows && scrollTop >= this.#top);
    this.#top = scrollTop;
    if (this.#follows) this.#latest.hidden = true;
  }
}
