// One line of a conversation as nodes: what was said, noted, or happened.
import { badge, bdi, button, icon, make, named, say } from "./page.js";
import { link, plain, rich } from "./rich.js";
import { dayName, now, stamp } from "./time.js";

const CORRECT_MS = 120000;
const LONG = 1600;
const KB = 1024;

/**
 * @param {import("./proto.js").Msg} message
 * @param {Object<string, Function>} hooks wrong and correct
 * @param {boolean} isMine whether the operator may act on it
 */
export function drawMessage(message, hooks, isMine) {
  const { author, text, edited_at: edited } = message;
  if (author === "system") return drawSystem(message);
  const bubble = make("div", { className: "bubble" });
  if (text) bubble.append(author === "visitor" ? plain(text) : rich(text));
  fold(bubble, text);
  for (const file of message.attachments || []) bubble.append(drawFile(file));
  const node = make("div", { className: `line ${author}` }, by(message), bubble);
  if (message.own) node.classList.add("own");
  if (edited) node.querySelector(".by").append(" ", badge(say("edited"), "quiet"));
  const under = [...marks(message.meta || {}), ...acts(message, hooks, isMine)];
  if (under.length) node.append(make("div", { className: "under" }, ...under));
  return node;
}

function by({ author, name, at, meta }) {
  const isBot = author === "bot";
  const shown = name || named("author", author);
  const line = make("p", { className: "by" }, isBot && icon("spark"), bdi(shown));
  if (isBot && (name || meta?.ai)) line.append(" ", badge(say("ai"), "ai"));
  line.append(" ", stamp(at));
  return line;
}

function drawSystem({ text, at }) {
  const said = make("span", {}, text);
  return make("div", { className: "line system" }, make("p", {}, said, " ", stamp(at)));
}

/** What came with a line of the bot's or the visitor's, so that the operator sees it too. */
function* marks(meta) {
  if (meta.form) yield badge(say("asked_for", { label: meta.form.label || meta.form.slot }), "quiet");
  if (meta.confirm) yield badge(say("asked_yes", { title: meta.confirm.title }), "quiet");
  if (meta.rating) {
    const isGood = (meta.rating.value ?? meta.rating) > 0;
    yield badge(say(isGood ? "rated_good" : "rated_bad"), isGood ? "good" : "bad");
  }
  if (meta.sources?.length) yield drawSources(meta.sources);
}

export function drawSources(sources) {
  const items = sources.map((source) => {
    const title = typeof source === "string" ? source : source.title || source.text || source.id;
    return make("li", {}, link(source.url, String(title)));
  });
  const label = say("sources", { count: sources.length });
  return make("details", {}, make("summary", {}, label), make("ul", {}, ...items));
}

function* acts(message, hooks, isMine) {
  // What asks for an address on the way to a person answers nothing.
  if (message.author === "bot" && hooks.wrong && message.meta?.form?.type !== "contact") {
    yield button(say("wrong_answer"), () => hooks.wrong(message), { className: "small" });
  }
  const age = now() - Date.parse(message.at);
  if (!message.own || !isMine || age > CORRECT_MS) return;
  const correct = button(say("correct"), () => hooks.correct(message), { className: "small" });
  setTimeout(() => correct.remove(), CORRECT_MS - age);
  yield correct;
}

/** @param {import("./proto.js").File} file */
export function drawFile({ name, bytes, url, image }) {
  const properties = { href: url, target: "_blank", rel: "noopener noreferrer", className: "file" };
  const isOurs = url?.startsWith("/");
  if (image && isOurs) {
    const picture = make("img", { src: url, alt: name, loading: "lazy" });
    return make("a", properties, picture);
  }
  const label = [icon("clip"), bdi(name), ` ${size(bytes)}`];
  return isOurs ? make("a", properties, ...label) : make("span", { className: "file" }, ...label);
}

export function size(bytes = 0) {
  if (bytes < KB * KB) return `${Math.max(1, Math.round(bytes / KB))} KB`;
  return `${(bytes / KB / KB).toFixed(1)} MB`;
}

/** @param {import("./proto.js").Note} note */
export function drawNote({ operator, text, at }) {
  const label = make("p", { className: "by" }, icon("note"), badge(say("internal"), "note"), " ");
  label.append(bdi(operator?.name || ""), " ", stamp(at));
  const bubble = make("div", { className: "bubble" }, plain(text));
  fold(bubble, text);
  return make("div", { className: "line note" }, label, bubble);
}

/** What was just written and the server has not answered yet. */
export function drawPending({ mode, text, status, attachments }) {
  const bubble = make("div", { className: "bubble" }, mode === "note" ? plain(text) : rich(text));
  for (const file of attachments) bubble.append(drawFile({ ...file, url: "" }));
  const state = make("p", { className: "by" }, say(status));
  const kind = mode === "note" ? "note" : "operator own";
  return make("div", { className: `line ${kind} ${status}` }, bubble, state);
}

export function drawStream({ text }) {
  const head = make("p", { className: "by" }, icon("spark"), say("writing_now"));
  const bubble = make("div", { className: "bubble" }, make("p", { className: "plain" }, text));
  return make("div", { className: "line bot streaming" }, head, bubble);
}

export const drawDay = (at) => make("div", { className: "line day" }, make("p", {}, dayName(at)));

export const drawSeen = () => make("div", { className: "line seen" }, make("p", {}, say("seen")));

export function drawBroken({ text }) {
  return make("div", { className: "line system" }, make("p", {}, String(text ?? "")));
}

/** Longer texts are shown in part. */
function fold(bubble, text) {
  if ((text || "").length < LONG && (text || "").split("\n").length < 30) return;
  const more = button("", () => set(more.ariaExpanded === "true"), { className: "small" });
  const set = (isFolded) => {
    bubble.firstElementChild.classList.toggle("folded", isFolded);
    more.ariaExpanded = String(!isFolded);
    more.textContent = say(isFolded ? "more" : "less");
  };
  const all = make("div", {}, ...bubble.childNodes);
  bubble.append(all, more);
  set(true);
}
