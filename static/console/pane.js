// The conversation in the middle, with what is known of it: hears the server, draws the parts.
import { Context } from "./context.js";
import { toast } from "./dialog.js";
import { Head } from "./head.js";
import { Log } from "./log.js";
import { announce, byId, later, named, say } from "./page.js";
import { SuggestionCard } from "./suggestion.js";
import { nameOf } from "./verbs.js";

// Whoever walks through the queue looks at none of it.
const STEP_MS = 150;

export class Pane {
  #desk;
  #link;
  #threads;
  #typing;
  #composer;
  #log;
  #head;
  #context;
  #card;
  /** @type {import("./threads.js").Thread | null} */
  thread = null;
  #told = { session: "", seq: 0 };
  /** @type {string | null} */
  #viewing = null;

  constructor({ desk, link, verbs, threads, typing, composer, open }) {
    this.#desk = desk;
    this.#link = link;
    this.#threads = threads;
    this.#typing = typing;
    this.#composer = composer;
    this.#log = new Log({
      older: (thread) => this.#older(thread),
      read: () => this.#read(),
      wrong: (message) => verbs.wrong(this.thread, message),
      correct: (message) => verbs.correct(this.thread, message),
    });
    this.#head = new Head(desk, verbs);
    this.#context = new Context(verbs, open);
    this.#card = new SuggestionCard(link, composer, verbs);
    for (const [target, name] of [[document, "visibilitychange"], [window, "focus"], [window, "blur"]]) {
      target.addEventListener(name, () => this.look());
    }
  }

  /** The conversation that the operator sees right now. */
  get inView() {
    const isSeen = !document.hidden && document.hasFocus();
    return isSeen && this.thread ? this.thread.session : null;
  }

  get row() {
    return this.thread?.facts.row || null;
  }

  show(session, row) {
    const thread = this.#threads.open(session);
    if (row) thread.facts.row = row;
    this.thread = thread;
    this.#composer.show(thread);
    this.#log.show(thread);
    this.#drawFacts();
    this.typing();
    this.look();
  }

  /** Says what is looked at, and what was read. */
  look() {
    this.#view();
    this.#read();
  }

  /** The server has forgotten what was told to it on another socket. */
  again() {
    this.#viewing = null;
    Object.assign(this.#told, { session: "", seq: 0 });
    this.look();
  }

  changed(isOwnLine = false) {
    if (isOwnLine) this.#log.toEnd();
    this.#log.changed();
  }

  sent(thread) {
    this.#typing.done(thread.session, this.#desk.me.id);
  }

  rowChanged(row) {
    const thread = this.#threads.get(row.id);
    if (!thread) return;
    const before = thread.facts.row;
    thread.facts.row = row;
    const isFresh = before?.kind !== "mine" && row.kind === "mine";
    if (isFresh && !thread.box.note.trim()) thread.box.mode = "reply";
    // What the bot was writing is void once somebody else has it.
    if (before && before.mode !== row.mode && row.mode === "human") thread.silence();
    if (thread === this.thread) {
      this.#drawFacts();
      this.changed();
    }
  }

  /** A frame about one conversation. */
  take(frame) {
    if (frame.type === "error") this.#failed(frame);
    const thread = this.#threads.get(frame.session);
    if (!thread) return;
    const take = {
      thread: () => {
        thread.load(frame);
        this.#composer.met(thread);
      },
      older: () => thread.older(frame),
      message: () => this.#message(thread, frame.message),
      corrected: () => thread.add(frame.message),
      note: () => this.#note(thread, frame.note || frame),
      delta: () => thread.delta(frame),
      typing: () => this.#typing.sign(frame.session, frame.who),
      facts: () => thread.know(frame),
      read: () => (thread.readBy = Math.max(thread.readBy, frame.seq)),
    }[frame.type];
    if (!take) return;
    take();
    if (thread !== this.thread) return;
    if (frame.type === "thread") this.#loaded(thread);
    else if (frame.type === "older") this.#log.cameOlder();
    else this.changed();
    if (["facts", "message", "note"].includes(frame.type)) this.#drawFacts();
    if (frame.type === "message") this.#read();
  }

  /** The server could not do what needs no answer: a conversation may be gone. */
  #failed({ session, detail, retry_after }) {
    this.#threads.forget(session);
    const again = () => this.thread?.session === session && this.show(session, this.row);
    if (session && retry_after) setTimeout(again, retry_after * 1000);
    else if (detail) toast({ text: detail, bad: true });
  }

  #loaded(thread) {
    thread.facts.row = this.#desk.rows.get(thread.session) || thread.facts.row;
    if (thread.box.isShown) this.#composer.refresh();
    else this.#composer.show(thread);
    thread.box.isShown = true;
    this.#drawFacts();
    this.changed();
    this.#read();
  }

  #message(thread, message) {
    const isNew = thread.add(message);
    this.#typing.done(thread.session, message.author === "visitor" ? "" : message.operator);
    const isHeard = message.author === "visitor" && thread.session === this.inView;
    if (isNew && isHeard) announce(`${nameOf(this.row)}: ${message.text}`);
    const isColleague = message.author === "operator" && !message.own;
    // Whoever is writing sees it before sending.
    if (isNew && isColleague && thread.box.reply.trim()) thread.box.clash = { message };
  }

  #note(thread, note) {
    thread.addNote(note);
    this.#typing.done(thread.session, note.operator?.id);
  }

  typing() {
    const names = this.thread ? this.#typing.in(this.thread.session) : [];
    const own = this.#desk.me.name;
    const others = names.filter((name) => name !== own);
    this.#log.typing(
      others.map((name) => (name === null ? say("visitor_types") : say("is_typing", { name }))),
    );
  }

  #drawFacts() {
    const { thread } = this;
    const row = thread?.facts.row;
    this.#head.show(row);
    this.#context.show(thread);
    this.#card.show(thread);
    this.#composer.refresh();
    byId("log").ariaLabel = say("log_of", { name: row?.visitor.name || named("author", "visitor") });
  }

  #older(thread) {
    const before = Math.min(2 ** 53, ...thread.messages.keys());
    this.#link.tell("older", { session: thread.session, before });
  }

  #view = later(STEP_MS, () => {
    const session = this.inView;
    if (this.#viewing === session) return;
    this.#viewing = session;
    this.#link.tell("viewing", { session });
  });

  /** Read is what stood in view at the end of the lines. */
  #read() {
    const { thread } = this;
    if (!thread?.last || this.inView !== thread.session || !this.#log.isAtEnd) return;
    if (this.#told.session === thread.session && this.#told.seq >= thread.last) return;
    Object.assign(this.#told, { session: thread.session, seq: thread.last });
    this.#link.tell("read", { session: thread.session, seq: thread.last });
  }
}
