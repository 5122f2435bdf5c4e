// The widget's frame: joins the conversation, the page around it and what is on screen.
import { Chat } from "./chat.js";
import { Host } from "./host.js";
import { Log } from "./log.js";
import { announce, byId, config, make, say, uuid } from "./page.js";
import { Composer, ContactForm } from "./write.js";

const STRIP_AFTER_MS = 2000;
const { theme } = config.site;
const strip = byId("strip");
const replies = byId("replies");
const menu = byId("menu");

let isOpen = false;
let isNarrow = false;
let isUp = true;
let unread = 0;
let mode = "bot";
let lastSeq = 0;
let stripTimer = 0;
/** @type {{form: ContactForm, seq: number, cmid?: string}} */
let contact = null;

const host = new Host({
  start({ stored, page }) {
    chat.start(stored);
    const device = navigator.userAgent.slice(0, 200);
    if (page.url) chat.tell({ type: "context", locale: config.locale, device, ...page }, true);
  },
  stored: ({ name, value }) => name === "token" && chat.adopt(value),
  open: opened,
  closed: () => (isOpen = false),
});

const log = new Log(config.locale, {
  retry: (item) => composer.restore(item.text),
  rate: (seq, value) => chat.tell({ type: "rate", seq, value }, true),
});

const composer = new Composer(config.characters, (text) => offer({ type: "send", text }));

const chat = new Chat({
  host,
  body: { site: config.site.key, locale: config.locale },
  view: {
    pending(item) {
      if (item.type === "contact") return;
      log.pending(item);
      log.typing(mode === "bot" && isUp);
      offerReplies([]);
    },
    sent(item, seq) {
      log.sent(item, seq);
      if (item.cmid === contact?.cmid) dropContact();
    },
    refused(item, detail) {
      log.typing(false);
      if (item.cmid === contact?.cmid) contact.form.refuse(detail);
      else log.refused(item, detail);
    },
    line: show,
    mode: setMode,
    link: setLink,
    typing: () => log.typing(true),
    reset() {
      log.reset();
      dropContact();
    },
    ended() {
      log.close();
      dropContact();
      setMode("bot");
    },
    trouble(code, detail) {
      if (code === "too_many_sockets") showStrip(detail);
      host.event("error", { code });
    },
  },
});

function offer(item) {
  const taken = chat.offer({ cmid: uuid(), at: new Date().toISOString(), ...item });
  if (!taken) showStrip(say("too_many_waiting"));
  return taken;
}

/** `isNew`: not part of what is read when the chat is opened again. */
function show(line, isNew) {
  lastSeq = line.seq;
  if (line.author === "system" && contact && line.seq > contact.seq) dropContact();
  const form = line.meta?.form;
  if (form?.type === "contact") log.add(line, openContact(form.label, line.seq));
  else log.add(line);
  offerReplies(line.author === "visitor" ? [] : line.meta?.quick_replies || []);
  if (isNew && line.author !== "visitor") arrived(line);
}

/** The page is told that a line came, never what it says. */
function arrived(line) {
  announce(line.text);
  host.event("message", { seq: line.seq, author: line.author });
  if (isOpen) chat.tell({ type: "read", seq: lastSeq });
  else host.event("unread", { count: ++unread });
}

function opened({ focus, narrow }) {
  isOpen = true;
  isNarrow = narrow;
  unread = 0;
  log.settle();
  if (focus) focusBox();
  chat.tell({ type: "read", seq: lastSeq });
}

/** On a phone the text box would bring up the keyboard, which the visitor did not ask for. */
function focusBox() {
  if (isNarrow) byId("title").focus();
  else composer.focus();
}

function offerReplies(offered) {
  const held = replies.contains(document.activeElement);
  const buttons = offered.map(({ label, text }) => {
    const button = make("button", { type: "button", textContent: label });
    button.addEventListener("click", () => offer({ type: "send", text }));
    return button;
  });
  replies.replaceChildren(...buttons);
  replies.hidden = !buttons.length;
  if (held) focusBox();
}

function openContact(title, seq) {
  dropContact();
  const form = new ContactForm(title || say("form_title"), config.characters, (values) => {
    contact.cmid = uuid();
    if (offer({ type: "contact", ...values, cmid: contact.cmid })) form.wait(isUp);
  });
  contact = { form, seq };
  return form.node;
}

function dropContact() {
  const held = contact?.form.node.contains(document.activeElement);
  contact?.form.node.remove();
  contact = null;
  if (held) focusBox();
}

function setMode(now, operator) {
  const line = byId("queue");
  const name = { queued: "queued", human: operator ? "human_named" : "human" }[now];
  line.textContent = name ? say(name, { name: operator || "" }) : "";
  line.hidden = !name;
  if (now === mode) return;
  if (name) announce(line.textContent);
  if (now === "queued") host.event("handoff");
  if (now !== "bot") log.typing(false);
  mode = now;
}

/** A short break is not worth a word. */
function setLink(up) {
  isUp = up;
  if (up) {
    clearTimeout(stripTimer);
    stripTimer = 0;
    if (!strip.hidden) announce(say("back_online"));
    strip.hidden = true;
    return;
  }
  log.typing(false);
  const wait = navigator.onLine ? STRIP_AFTER_MS : 0;
  stripTimer ||= setTimeout(() => showStrip(say("offline")), wait);
}

function showStrip(text) {
  strip.textContent = text;
  strip.hidden = false;
  announce(text);
}

function wire() {
  byId("person").addEventListener("click", () => {
    offer({ type: "handoff", text: say("talk_to_person") });
    focusBox();
  });
  byId("close").addEventListener("click", () => host.tell("close"));
  document.addEventListener("click", ({ target }) => {
    if (!menu?.contains(target)) closeMenu();
    else if (target.value) speak(target.value);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.isComposing) return;
    if (!closeMenu()) host.tell("close");
  });
}

/** True when it was open. */
function closeMenu() {
  if (!menu?.open) return false;
  if (menu.contains(document.activeElement)) menu.firstElementChild.focus();
  menu.open = false;
  return true;
}

function speak(locale) {
  closeMenu();
  if (locale !== config.locale) host.tell("locale", { locale });
}

const style = document.documentElement.style;
style.setProperty("--accent", theme.accent);
style.setProperty("--ink", theme.ink);
offerReplies(config.starters.map((text) => ({ label: text, text })));
wire();
host.connect();
