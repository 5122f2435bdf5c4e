// What the visitor has not seen yet, counted for all tabs.

// A transcript that is read again comes in many lines.
const TELL_AFTER_MS = 100;

/**
 * Counts lines by others after the last one that was read in any tab. That one is kept by the
 * embedding page under the name `read`, as "session:seq".
 */
export class Unread {
  #host;
  #tell;
  #isSeen;
  #session = "";
  #read = 0;
  #last = 0;
  /** Whether it is known what was read: else what is there when the page opens counts as read. */
  #known = false;
  /** @type {number[]} */
  #others = [];
  #told = 0;
  #telling = 0;

  /** @param {{host: any, tell: (seq: number) => void, isSeen: () => boolean}} parts */
  constructor({ host, tell, isSeen }) {
    this.#host = host;
    this.#tell = tell;
    this.#isSeen = isSeen;
  }

  get count() {
    return this.#others.length;
  }

  /** A value kept by this page or another tab. */
  stored(value) {
    const [session, seq] = String(value).split(":");
    if (!seq || (this.#session && session && session !== this.#session)) return;
    this.#session ||= session;
    this.#known = true;
    this.#read = Math.max(this.#read, Number(seq) || 0);
    this.#report();
  }

  /** Lines of another conversation have numbers of their own. */
  joined(session = this.#session, lastSeq) {
    if (this.#session && session !== this.#session) this.reset();
    this.#session = session;
    if (!this.#known) this.#read = lastSeq;
    this.#known = true;
  }

  line(seq, isOther) {
    this.#last = Math.max(this.#last, seq);
    if (isOther) this.#others.push(seq);
    this.look();
  }

  /** To be called when the visitor may have begun to see the transcript. */
  look() {
    if (this.#isSeen() && this.#last > this.#read) {
      this.#read = this.#last;
      this.#telling ||= setTimeout(() => this.#say(), TELL_AFTER_MS);
    }
    this.#report();
  }

  reset() {
    this.#session = "";
    this.#read = this.#last = 0;
    this.#known = false;
    this.#others = [];
    this.#report();
  }

  #say() {
    this.#telling = 0;
    if (!this.#read) return;
    this.#host.keep("read", `${this.#session}:${this.#read}`);
    this.#tell(this.#read);
  }

  #report() {
    this.#others = this.#others.filter((seq) => seq > this.#read);
    if (this.count === this.#told) return;
    this.#told = this.count;
    this.#host.event("unread", { count: this.count });
  }
}
