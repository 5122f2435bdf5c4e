// The conversations that are watched: their lines and what is known of each.

const MOST = 5;
const TO_SERVER = ["type", "session", "seq", "last_seq", "messages", "more"];

/** Text that grows while it is written; the stored line takes its place. */
class Stream {
  text = "";
  #attempt = 0;
  #taken = 0;

  constructor(turn) {
    this.turn = turn;
  }

  /** What overlaps is dropped; a new attempt begins again. */
  take({ attempt = 0, offset = this.#taken, text }) {
    if (attempt < this.#attempt) return;
    if (attempt > this.#attempt) {
      this.#attempt = attempt;
      this.text = "";
      this.#taken = 0;
    }
    const characters = [...text];
    this.text += characters.slice(Math.max(0, this.#taken - offset)).join("");
    this.#taken = Math.max(this.#taken, offset + characters.length);
  }
}

/** One conversation. */
export class Thread {
  /** @type {Map<number, import("./proto.js").Msg>} */
  messages = new Map();
  /** Own lines without an answer yet, by cmid. @type {Map<string, any>} */
  pending = new Map();
  /** @type {Partial<import("./proto.js").Facts>} */
  facts = {};
  more = false;
  last = 0;
  readBy = 0;
  /** @type {Stream | null} */
  stream = null;
  #overTurn = null;
  isLoaded = false;
  /** Where it was scrolled to; null follows the end. @type {number | null} */
  scrolled = null;
  /**
   * What stands in the composer. `seen`: the last line there was when it was typed; `stamps` and
   * `saved`: of what is written, and of what the server has of it (drafts.js).
   */
  box = {
    mode: "reply",
    reply: "",
    note: "",
    stamps: { reply: 0, note: 0 },
    saved: { reply: 0, note: 0 },
    seen: 0,
    files: [],
    editing: null,
    clash: null,
  };

  constructor(session) {
    this.session = session;
  }

  get notes() {
    return this.facts.notes || [];
  }

  /** All of it: at the first opening, and again after the socket was cut. */
  load({ messages, more, last_seq, read = 0, ...facts }) {
    const reaches = this.isLoaded && messages.length && messages[0].seq <= this.last + 1;
    if (!reaches) this.messages.clear();
    this.more = more;
    for (const message of messages) this.add(message);
    this.last = Math.max(this.last, last_seq || 0);
    this.readBy = Math.max(this.readBy, read);
    this.stream = null;
    this.know(facts);
    this.isLoaded = true;
  }

  know(facts) {
    for (const [name, value] of Object.entries(facts)) {
      if (!TO_SERVER.includes(name)) this.facts[name] = value;
    }
  }

  /** False if it was there already. */
  add(message) {
    const isNew = !this.messages.has(message.seq);
    this.messages.set(message.seq, message);
    this.last = Math.max(this.last, message.seq);
    if (message.cmid) this.pending.delete(message.cmid);
    if (message.author !== "visitor") this.#endStream();
    if (isNew) this.#outdates(message);
    return isNew;
  }

  older({ messages, more, notes }) {
    const known = this.messages;
    this.messages = new Map(messages.map((message) => [message.seq, message]));
    for (const [seq, message] of known) this.messages.set(seq, message);
    this.facts.notes = [...notes, ...this.notes];
    this.more = more;
  }

  addNote(note) {
    this.pending.delete(note.cmid);
    if (this.notes.some(({ id }) => id === note.id)) return;
    this.facts.notes = [...this.notes, note];
  }

  delta(frame) {
    if (frame.turn === this.#overTurn) return;
    if (this.stream?.turn !== frame.turn) this.stream = new Stream(frame.turn);
    this.stream.take(frame);
  }

  /** Whoever took it over is who speaks: what the bot was writing is void. */
  silence() {
    this.#endStream();
  }

  #endStream() {
    if (this.stream) this.#overTurn = this.stream.turn;
    this.stream = null;
  }

  /** A drafted answer is dropped when the talk moves on. */
  #outdates({ author, seq }) {
    const { suggestion } = this.facts;
    const isPublic = author === "visitor" || author === "operator";
    if (suggestion && isPublic && seq > suggestion.to_seq) this.facts.suggestion = null;
  }
}

/** Those that were opened last, so that going back to one costs nothing. */
export class Threads {
  /** In the order of their last use. @type {Map<string, Thread>} */
  #watched = new Map();
  #tell;

  /** @param {(type: string, body: any) => void} tell */
  constructor(tell) {
    this.#tell = tell;
  }

  get(session) {
    return this.#watched.get(session);
  }

  /** Watches it from now on, in place of the one not used for longest. */
  open(session) {
    const thread = this.#watched.get(session) || new Thread(session);
    const isNew = !this.#watched.delete(session);
    this.#watched.set(session, thread);
    if (isNew) this.#tell("open", { session });
    for (const old of this.#watched.values()) {
      if (this.#watched.size <= MOST) break;
      if (isBusy(old)) continue;
      this.#watched.delete(old.session);
      this.#tell("close", { session: old.session });
    }
    return thread;
  }

  /** After the socket was cut: the server watches nothing any more. */
  reopen() {
    for (const session of this.#watched.keys()) this.#tell("open", { session });
  }

  forget(session) {
    this.#watched.delete(session);
  }

  get all() {
    return [...this.#watched.values()];
  }
}

/** Something of it exists nowhere but here. */
const isBusy = ({ pending, box }) => pending.size > 0 || box.files.length > 0;
