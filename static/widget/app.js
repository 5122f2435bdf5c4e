// The widget's frame: joins the conversation, the page around it and what is on screen.
import { Unread } from "./attention.js";
import { Chat } from "./chat.js";
import { Menu, Privacy } from "./chrome.js";
import { Host } from "./host.js";
import { kit, need } from "./lazy.js";
import { call } from "./link.js";
import { Log } from "./log.js";
import { announce, away, button, byId, config, make, say, uuid } from "./page.js";
import { setTheme } from "./theme.js";
import { Composer } from "./write.js";

const STRIP_AFTER_MS = 2000;
// For the browser's picker; what a file is, the server says.
const TAKEN = "image/png,image/jpeg,image/webp,image/gif,.pdf,.txt,.log,.csv,.md";
const SAY_AGAIN_MS = 3000;
const LOOK_MS = 60000;
const strip = byId("strip");
const replies = byId("replies");
const team = byId("team");

let isOpen = false;
let isNarrow = false;
let isUp = true;
let mode = "bot";
let stripTimer = 0;
let typedAt = 0;
let lookedAt = Date.now();
/** @typedef {{seq: number, meta: Object<string, any>, place: HTMLElement, part?: any, cmid?: string,
 *   values?: Object<string, string>, isNew?: boolean, isOver?: boolean}} Asked what a line asks for
 *   besides words */
/** The message to the team, open until it is sent. @type {Asked} */
let contact = null;
/** The form or card of the newest line that has one. @type {Asked} */
let asked = null;
let tone = null;

const isSeen = () => isOpen && document.visibilityState === "visible";

const host = new Host({
  start({ stored, page }) {
    unread.stored(stored.read);
    privacy.stored(stored.agreed);
    setSound(stored.sound === "1");
    if (stored.draft) composer.fill(stored.draft);
    if (!stored.token) offerStarters();
    chat.start(stored);
    const device = navigator.userAgent.slice(0, 200);
    if (page?.url) chat.tell({ type: "context", locale: config.locale, device, ...page }, true);
  },
  stored({ name, value }) {
    if (name === "read") unread.stored(value);
    else if (name === "agreed") privacy.stored(value);
    else if (name === "sound") setSound(value === "1");
    else chat.stored(name, value);
  },
  open: opened,
  closed: () => (isOpen = false),
  prefill: ({ text }) => composer.fill(text.trim()),
  identify: ({ jwt }) => chat.identify(jwt),
  logout: () => chat.logout(),
  theme: ({ theme }) => setTheme(theme),
});

const unread = new Unread({ host, isSeen, tell: (seq) => chat.tell({ type: "read", seq }, true) });
const menu = new Menu({
  /** A language, or the kind of file to save the transcript as. */
  chosen(value) {
    const failed = () => showStrip(say(away()));
    if (/^(txt|html)$/.test(value)) need("closing").then(({ save }) => save(value)).catch(failed);
    else if (value !== config.locale) host.tell("locale", { locale: value });
  },
  sound(isOn) {
    host.keep("sound", isOn ? "1" : null);
    setSound(isOn).then(() => tone?.play());
  },
});
const privacy = new Privacy(() => {
  host.keep("agreed", "1");
  focusBox();
});

const log = new Log({
  edit(item) {
    composer.fill(item.text);
    composer.focus();
    attach(item.files);
  },
  retry: ({ cmid, at, ...item }) => offer(item) && focusBox(),
  rate: (seq, value, reason) => chat.tell({ type: "rate", seq, value, reason }, true),
  person: askForPerson,
  stop: (turn) => chat.tell({ type: "stop", turn }),
});

const composer = new Composer(
  config.characters,
  (text, along) => offer({ type: "send", text, ...along }),
  (draft) => privacy.isOpen && host.keep("draft", draft),
);

const chat = new Chat({
  host,
  body: { site: config.site.key, locale: config.locale },
  view: {
    pending(item) {
      if (item.type === "contact") return;
      log.pending(item);
      log.typing(mode === "bot" && isUp);
      // Who waits may tell a story that nothing is said to: the way back stays.
      if (mode !== "queued") offerReplies([]);
    },
    sent(item, seq) {
      log.sent(item, seq);
      unread.line(seq, false);
      if (item.cmid !== contact?.cmid) return;
      dropContact();
      log.settle(true);
    },
    refused(item, detail, field) {
      log.typing(false);
      if (item.cmid === contact?.cmid) contact.part.refuse(detail, field);
      else log.refused(item, detail);
      if (item.cmid === asked?.cmid) asked.part.free();
    },
    dropped: (item) => log.dropped(item),
    line: show,
    delta: (frame) => log.delta(frame),
    mode: setMode,
    link: setLink,
    typing: () => log.writes(),
    action: (frame) => log.action(frame),
    welcome(session, lastSeq) {
      unread.joined(session, lastSeq);
      if (!lastSeq && log.isEmpty) offerStarters();
    },
    reset() {
      log.reset();
      unread.reset();
      dropContact();
      retire();
      offerReplies([]);
    },
    ended() {
      if (log.isEmpty) offerStarters();
      else offerReplies([]);
      log.close();
      unread.reset();
      dropContact();
      retire();
      setMode({});
    },
    wiped() {
      this.reset();
      log.wipe();
      composer.clear();
      strip.hidden = true;
      host.keep("read", null);
      privacy.ask();
      setMode({});
      offerStarters();
    },
    identify: () => host.tell("identify"),
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
  const { author, seq, meta = {} } = line;
  const isOther = author !== "visitor";
  if (author === "system" && contact && seq > contact.seq && !meta.form) dropContact(true);
  if (author === "bot") retire();
  const one = { seq, meta, isNew, place: make("div") };
  const isAsking = meta.form || meta.confirm;
  log.add(line, ...(isAsking || meta.csat ? [one.place] : []));
  if (meta.csat) rateTalk(one).catch(() => {});
  if (meta.form?.type === "contact") openContact(one);
  else if (isAsking) asked = one;
  if (isAsking || meta.action) fill(one);
  if (isOther || mode !== "queued") offerReplies(isOther ? meta.quick_replies || [] : []);
  unread.line(seq, isOther);
  if (isNew && isOther) arrived(line);
}

/** Forms and cards come in a file of their own; until it is there words do. */
async function fill(one) {
  const { form, confirm } = one.meta;
  let found;
  try {
    found = await need("forms");
    const { Card, ContactForm, SlotForm } = found;
    if (one.part || (one.isOver && !confirm) || !(form || confirm)) return;
    const answer = (text, fields) => give(text, fields, (one.cmid = uuid()));
    if (confirm) one.part = new Card(confirm, one.seq, answer);
    else if (one === contact) one.part = new ContactForm(form.label, one.values, (values) => leave(values));
    else one.part = new SlotForm(form, one.seq, answer);
  } catch {
    // Fetched again when the next is asked for, or the network is back.
    return;
  }
  one.place.append(one.part.node);
  log.extended(one.place);
  if (one.isOver) return one.part.retire();
  one.part.arrived?.();
  if (one.isNew) announce(found.heard(one.part.node));
}

/** What the talk was worth. Without a network it is asked when the page is loaded again. */
async function rateTalk({ meta, place }) {
  const { askScore } = await need("closing");
  askScore(place, meta.csat, (score, comment) => {
    chat.tell({ type: "csat", score, comment }, true);
    if (score) host.event("csat", { score });
  });
  log.extended(place);
}

const give = (text, fields, cmid = uuid()) => offer({ type: "send", text, fields, cmid });

/** The next question takes its place. */
function retire() {
  if (!asked) return;
  const held = asked.place.contains(document.activeElement);
  asked.isOver = true;
  asked.part?.retire();
  asked = null;
  if (held) focusBox();
}

/** The page is told that a line came, never what it says. */
function arrived(line) {
  announce(line.text);
  host.event("message", { seq: line.seq, author: line.author });
  tone?.ringUnless(() => isSeen() || !unread.count);
}

function opened({ focus, narrow }) {
  isOpen = true;
  isNarrow = narrow;
  log.settle();
  if (focus) focusBox();
  unread.look();
  look();
}

/** The page came with word of who is there; it may have changed since. */
function look() {
  if (!isSeen() || Date.now() - lookedAt < LOOK_MS) return;
  lookedAt = Date.now();
  need("queue").then(({ lookAround }) => lookAround(team), () => {});
}
setInterval(look, LOOK_MS / 4);

/** What comes from here on is not seen: the page's word on that is on its way. */
function close() {
  isOpen = false;
  host.tell("close");
}

/** On a phone the text box would bring up the keyboard, which the visitor did not ask for. */
function focusBox() {
  if (isNarrow) byId("title").focus();
  else if (privacy.isOpen) composer.focus();
  else privacy.focus();
}

function offerReplies(offered) {
  const held = replies.contains(document.activeElement);
  const buttons = offered.map(({ label, text, fields }) => button(label, () => give(text, fields)));
  replies.replaceChildren(...buttons);
  replies.hidden = !buttons.length;
  if (held) focusBox();
}

function offerStarters() {
  offerReplies(config.starters.map((text) => ({ label: text, text })));
}

function askForPerson() {
  privacy.then(() => offer({ type: "handoff", text: say("talk_to_person") }));
  focusBox();
}

/** What was typed into an earlier one goes on in the new one. */
function openContact(one) {
  one.values = contact?.part?.values || contact?.values || { text: one.meta.form.message };
  dropContact();
  contact = one;
}

function leave(values) {
  contact.cmid = uuid();
  const taken = offer({ type: "contact", ...values, cmid: contact.cmid });
  if (taken) contact.part.wait(say(isUp ? "sending" : away()));
}

/** @param {boolean} [keeps] what was typed into it goes on in the text box */
function dropContact(keeps) {
  const { text } = contact?.part?.values || {};
  if (keeps && text && text !== contact.meta.form.message) composer.fill(text);
  const held = contact?.place.contains(document.activeElement);
  contact?.place.remove();
  if (contact) contact.isOver = true;
  contact = null;
  if (held) focusBox();
}

/** For who would rather not wait: the form that stands there, else one of its own. */
async function leaveMessage() {
  if (!contact) {
    const one = { seq: 0, meta: { form: {} }, place: make("div") };
    byId("log").append(make("div", { className: "line" }, one.place));
    openContact(one);
    await fill(one);
  }
  contact?.place.querySelector("input")?.focus();
}

/** From a frame of the server's; without one it is the bot who answers. */
function setMode(frame) {
  const was = mode;
  mode = frame.mode || "bot";
  team.hidden = mode !== "bot";
  // Who has left no address gets the form by it.
  byId("person").hidden = mode === "human" || (mode === "queued" && frame.state !== "COLLECT");
  if (mode !== "bot" || was !== mode) {
    need("queue").then(({ stand }) => stand(frame, leaveMessage), () => {});
  }
  if (mode === was) return;
  if (mode === "queued") host.event("handoff");
  if (mode === "human") host.event("joined", { name: frame.operator || "" });
  if (mode !== "bot") return log.typing(false);
  // What was true before somebody came need not be any more.
  team.textContent = "";
  lookedAt = 0;
  look();
}

async function setSound(isOn) {
  menu.showSound(isOn);
  if (isOn) tone ||= new (await need("sound")).Tone();
  tone?.set(isOn);
}

/** Files go up when they are chosen; the next line takes them along. */
async function attach(list) {
  if (!list?.length) return;
  const { files } = await need("files");
  files.add([...list]);
}

/** A short break is not worth a word; a refusal says why. */
function setLink(up, why) {
  isUp = up;
  if (up) {
    clearTimeout(stripTimer);
    stripTimer = 0;
    if (!strip.hidden) announce(say("back_online"));
    strip.hidden = true;
    for (const one of [contact, asked]) if (one && !one.part) fill(one);
    return;
  }
  log.cut();
  if (why) {
    clearTimeout(stripTimer);
    return showStrip(why);
  }
  const wait = navigator.onLine ? STRIP_AFTER_MS : 0;
  stripTimer ||= setTimeout(() => showStrip(say(away())), wait);
}

function showStrip(text) {
  strip.textContent = text;
  strip.hidden = false;
  announce(text);
}

setTheme(config.site.theme);
Object.assign(kit, {
  leave: focusBox,
  call,
  site: config.site.key,
  composer,
  settle: () => log.settle(),
  most: config.file_bytes,
  token: () => chat.token(),
  ask: async (path) => (await call(path, { token: await chat.token() })).answer,
});
byId("attach").addEventListener("click", () => {
  // Not in the page: a click on it has to come in the same step.
  const chosen = make("input", { type: "file", multiple: true, accept: TAKEN });
  chosen.onchange = () => attach(chosen.files);
  chosen.click();
});
addEventListener("paste", (event) => {
  const { files } = event.clipboardData;
  if (files.length) event.preventDefault();
  attach(files);
});
for (const name of ["dragover", "drop"]) {
  addEventListener(name, (event) => {
    event.preventDefault();
    attach(event.dataTransfer.files);
  });
}
byId("text").addEventListener("input", () => {
  // A person sees it; not at every key.
  if (mode === "bot" || Date.now() - typedAt < SAY_AGAIN_MS) return;
  typedAt = Date.now();
  chat.tell({ type: "typing" });
});
byId("person").addEventListener("click", askForPerson);
byId("close").addEventListener("click", close);
document.addEventListener("visibilitychange", () => unread.look());
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.isComposing) return;
  if (!menu.close()) close();
});
host.connect();
