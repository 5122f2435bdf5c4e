// One line of the transcript as nodes.
import { kit, need } from "./lazy.js";
import { button, icon, link, make, rich, say, written } from "./page.js";
import { rating } from "./rating.js";

// Longer texts are shown in part. Chinese characters take the room of two, breaks that of a line.
const LONG = 1400;
const LINE = 50;
const WIDE = /[\u2e80-\uffef]/g;

/**
 * @param {import("./page.js").Line} line
 * @param {Object<string, Function>} hooks rate, person and settle
 * @param {boolean} [whole] the reader has seen all of it grow
 */
export function draw(line, hooks, whole = false) {
  const at = new Date(line.at);
  const files = line.meta?.attachments;
  if (line.author === "visitor") return status(own(line.text, at, files), "sent");
  if (line.author === "system") return make("div", { className: "line notice" }, rich(line.text));
  const bubble = make("div", { className: "bubble" });
  const node = other(line.author === "bot", line.name, bubble, at);
  speak(bubble, line.text, whole);
  accompany(bubble, files);
  const sources = line.meta?.sources || [];
  if (sources.length) node.append(under(line, sources, hooks));
  return node;
}

/** Puts into a bubble what it says. */
function speak(bubble, text, whole) {
  bubble.replaceChildren(rich(text));
  bubble.hidden = !text;
  if (!whole) fold(bubble, text);
}
kit.speak = speak;

/** What the visitor wrote: as it is, without marks. */
export function own(text, at, files) {
  const bubble = make("div", { className: "bubble" }, make("p", {}, text));
  fold(bubble, text);
  accompany(bubble, files);
  const by = make("p", { className: "by" }, make("span"), " ", time(at));
  const you = make("span", { className: "sr" }, say("you"));
  return make("div", { className: "line own" }, you, bubble, by);
}

/** What came with a line: by name, until what shows it is here. */
function accompany(bubble, files) {
  if (!files?.length) return;
  bubble.hidden = !bubble.textContent;
  const place = make("div", { className: "files" }, files.map(({ name }) => name).join(", "));
  // In the line's own node by then.
  queueMicrotask(() => bubble.after(place));
  const shown = ({ show }) => {
    show(place, files);
    kit.settle();
  };
  need("files").then(shown, () => {});
}

/** @param {boolean} isBot a person else */
export function other(isBot, name, bubble, at) {
  const by = make("p", { className: "by" });
  if (isBot) by.append(icon("spark"));
  by.append(make("bdi", {}, name || say(isBot ? "assistant" : "operator")));
  if (isBot && name) by.append(make("span", { className: "ai" }, say("assistant")));
  if (at) by.append(" ", time(at));
  return make("div", { className: `line ${isBot ? "bot" : "person"}` }, by, bubble);
}

/** @param {"sending" | "sent" | "failed"} name */
export function status(node, name, detail = "") {
  node.dataset.status = name;
  const text = detail ? `${say(name)} · ${detail}` : say(name);
  node.querySelector(".by").firstChild.textContent = text;
  return node;
}

/** The day of a line, to stand above the first one of it. */
export function day(at) {
  const text = written(at, { weekday: "long", day: "numeric", month: "long" });
  return make("div", { className: "line notice day" }, text);
}

/** The clock; the day as well on hover, and for all lines while the transcript has the focus. */
function time(at) {
  const title = written(at, { dateStyle: "medium", timeStyle: "short" });
  const clock = written(at, { timeStyle: "short" });
  return make("time", { dateTime: at.toISOString(), title }, make("span", {}, clock));
}

function fold(bubble, text) {
  const wide = text.match(WIDE)?.length || 0;
  if (text.length + wide + LINE * text.split("\n").length < LONG) return;
  const turn = () => set(more.ariaExpanded === "true");
  const more = button("", turn, { className: "more" });
  const set = (isFolded) => {
    bubble.classList.toggle("folded", isFolded);
    more.ariaExpanded = String(!isFolded);
    more.textContent = say(isFolded ? "more" : "less");
  };
  set(true);
  bubble.append(more);
}

function under(line, sources, { rate, person, settle }) {
  const list = make("ul");
  for (const { title, url } of sources) {
    list.append(make("li", {}, url ? link(url, title) : title));
  }
  const label = say("sources", { count: sources.length });
  const fold = make("details", {}, make("summary", {}, label), list);
  fold.addEventListener("toggle", () => settle());
  const given = line.meta?.rating;
  const asked = rating(given, (value, why) => rate(line.seq, value, why), person);
  return make("div", { className: "under" }, fold, ...asked);
}
