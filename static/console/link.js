// The socket: comes back by itself, and every command on it is answered once.
import { setup, uuid } from "./page.js";

const OPENING_MS = 10000;
const SILENCE_MS = 45000;
const LONGEST_S = 20;
const FORBIDDEN = 4403;
const SIGNED_OUT = 4401;

/** What the server would not do: `code`, `detail` in the operator's language, `facts`. */
export class Refused extends Error {
  /** @param {import("./proto.js").Refusal} refusal */
  constructor({ code, detail, facts }) {
    super(detail || code);
    this.code = code;
    this.facts = facts || {};
  }
}

export class Link {
  #hooks;
  /** @type {WebSocket | null} */
  #socket = null;
  #isUp = false;
  #watchdog = 0;
  #heard = 0;
  #timer = 0;
  #attempt = 0;
  #notBefore = 0;
  #isOver = false;
  /** Commands without an answer yet, by cid. @type {Map<string, any>} */
  #open = new Map();

  /**
   * @param {{frame: (frame: any) => void,
   *   change: (state: "up" | "down" | "signed_out" | "forbidden") => void}} hooks
   */
  constructor(hooks) {
    this.#hooks = hooks;
    addEventListener("online", () => this.#hurry());
    addEventListener("offline", () => this.#socket && this.#lose());
    document.addEventListener("visibilitychange", () => {
      // Timers sleep in a hidden tab; the clock does not.
      if (this.#socket && Date.now() - this.#heard > SILENCE_MS) this.#lose();
      this.#hurry();
    });
  }

  get isUp() {
    return this.#isUp;
  }

  start() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    const socket = new WebSocket(location.origin.replace("http", "ws") + setup.socket);
    this.#socket = socket;
    this.#watch(OPENING_MS);
    socket.onopen = () => socket.send(JSON.stringify({ type: "hello", proto: 1 }));
    socket.onmessage = ({ data }) => {
      this.#watch(SILENCE_MS);
      this.#take(JSON.parse(data));
    };
    socket.onclose = ({ code }) => this.#lose(code);
  }

  /** A frame that needs no answer; lost when there is no way. */
  tell(type, body = {}) {
    if (this.#isUp) this.#socket.send(JSON.stringify({ type, ...body }));
  }

  /**
   * Resolves with the `done` frame, rejects with `Refused`. A command that was sent is asked again
   * after a cut under the same id, so that it is done once. Without a way it is refused at once as
   * `offline`, or waits for one if it is `patient`.
   */
  ask(type, body = {}, patient = false) {
    const cid = uuid();
    return new Promise((resolve, reject) => {
      if (!this.#isUp && !patient) {
        reject(new Refused({ code: "offline", detail: "" }));
        return;
      }
      const command = { frame: { type, cid, ...body }, resolve, reject, by: null };
      this.#open.set(cid, command);
      if (this.#isUp) this.#put(command);
    });
  }

  #take(frame) {
    if (frame.type === "welcome") this.#welcomed();
    if (frame.type === "done" || frame.type === "refused") this.#answered(frame);
    else if (frame.type === "going_away") this.#notBefore = Date.now() + frame.retry_after * 1000;
    else this.#hooks.frame(frame);
    // After the snapshot: what was under way when the socket broke, in its order.
    if (frame.type === "queue") {
      for (const command of this.#open.values()) this.#put(command);
    }
  }

  /** Once on every socket. */
  #put(command) {
    if (command.by === this.#socket) return;
    command.by = this.#socket;
    this.#socket.send(JSON.stringify(command.frame));
  }

  #welcomed() {
    this.#isUp = true;
    this.#attempt = 0;
    this.#hooks.change("up");
  }

  #answered(frame) {
    const command = this.#open.get(frame.cid);
    this.#open.delete(frame.cid);
    if (frame.type === "done") command?.resolve(frame);
    else command?.reject(new Refused(frame));
  }

  #lose(code) {
    clearTimeout(this.#watchdog);
    const socket = this.#socket;
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    }
    this.#socket = null;
    this.#isUp = false;
    this.#isOver = code === FORBIDDEN || code === SIGNED_OUT;
    if (this.#isOver) this.#hooks.change(code === FORBIDDEN ? "forbidden" : "signed_out");
    else {
      this.#hooks.change("down");
      this.#later();
    }
  }

  /** Full jitter: a server that comes back is not met by everyone at once. */
  #later() {
    clearTimeout(this.#timer);
    const most = Math.min(LONGEST_S, 2 ** this.#attempt) * 1000;
    this.#attempt += 1;
    const wait = Math.max(Math.random() * most, this.#notBefore - Date.now());
    this.#timer = setTimeout(() => this.start(), wait);
  }

  #hurry() {
    if (this.#isOver || this.#socket || !this.#timer || Date.now() < this.#notBefore) return;
    this.#attempt = 0;
    this.start();
  }

  #watch(ms) {
    clearTimeout(this.#watchdog);
    this.#heard = Date.now();
    this.#watchdog = setTimeout(() => this.#lose(), ms);
  }
}
