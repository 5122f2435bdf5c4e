// The ways to the server: a socket, else its HTTP twin.
import { need } from "./lazy.js";

const POST_MS = 15000;
const API = "/api/v1/chat/";
const OPENING_MS = 10000;
const SILENCE_MS = 45000;
const SOCKETS_BEFORE_TWIN = 3;
const TOO_BIG = 1009;
const PROBE_MS = 60000;
const LONGEST_S = 60;
const STEADY_MS = 10000;

/** A request that ends. Throws when there is no answer, or none that can be read. */
export async function call(path, { token, body, ms = POST_MS, signal }) {
  const ending = new AbortController();
  const timer = setTimeout(() => ending.abort(), ms);
  signal?.addEventListener("abort", () => ending.abort());
  const headers = { "Content-Type": "application/json" };
  if (token) headers.Authorization = `Bearer ${token}`;
  const options = { headers, credentials: "omit", cache: "no-store", signal: ending.signal };
  if (body) Object.assign(options, { method: "POST", body: JSON.stringify(body) });
  try {
    const response = await fetch(API + path, options);
    const retryAfter = Number(response.headers.get("Retry-After")) || undefined;
    return { status: response.status, answer: await response.json(), retryAfter };
  } finally {
    clearTimeout(timer);
  }
}

/** One WebSocket at a time, with a watchdog: a phone's radio can cut it without a word. */
class Socket {
  #socket = null;
  #watchdog = 0;
  #heard = 0;
  #hooks;

  constructor(hooks) {
    this.#hooks = hooks;
  }

  open() {
    this.close();
    const socket = new WebSocket(`${location.origin.replace("http", "ws")}/ws/chat/`);
    this.#socket = socket;
    this.#watch(OPENING_MS);
    socket.onopen = () => this.send(this.#hooks.hello());
    socket.onmessage = ({ data }) => {
      this.#watch(SILENCE_MS);
      this.#hooks.frame(JSON.parse(data));
    };
    socket.onclose = ({ code }) => this.#lose(code);
  }

  send(frame) {
    if (this.#socket?.readyState === 1) this.#socket.send(JSON.stringify(frame));
  }

  close() {
    clearTimeout(this.#watchdog);
    if (!this.#socket) return;
    this.#socket.onopen = this.#socket.onmessage = this.#socket.onclose = null;
    this.#socket.close();
    this.#socket = null;
  }

  #lose(code) {
    this.close();
    this.#hooks.lost(code);
  }

  #watch(ms) {
    clearTimeout(this.#watchdog);
    this.#heard = Date.now();
    this.#watchdog = setTimeout(() => this.#lose(), ms);
  }

  /** Timers sleep in a hidden tab; the clock does not. */
  check() {
    if (this.#socket && Date.now() - this.#heard > SILENCE_MS) this.#lose();
  }
}

export class Link {
  #hooks;
  #socket;
  #twin = null;
  #wanted = false;
  #failed = 0;
  #attempt = 0;
  #notBefore = 0;
  #upSince = 0;
  #timer = 0;
  #probe = 0;
  #up = null;

  /** @param {{hello: Function, frame: Function, change: (isUp: boolean) => void}} hooks */
  constructor(hooks) {
    this.#hooks = hooks;
    this.#socket = new Socket({
      hello: hooks.hello,
      frame: (frame) => this.#take(this.#socket, frame),
      lost: (code) => this.#lostSocket(code),
    });
    addEventListener("online", () => this.again());
    document.addEventListener("visibilitychange", () => {
      this.#socket.check();
      this.hurry();
    });
    // What the browser says is a hint: a machine without a network still reaches itself.
    addEventListener("offline", () => this.#wanted && this.cut());
  }

  /** Connects, unless that is under way. */
  start() {
    if (this.#wanted) return;
    this.#wanted = true;
    this.#connect();
  }

  stop() {
    this.#wanted = false;
    this.#drop();
  }

  /** Tries at once: there is reason to believe that it works now. */
  again() {
    if (!this.#wanted || this.#up === this.#socket) return;
    this.#attempt = this.#failed = 0;
    this.#connect();
  }

  /** The visitor is there: nothing to wait for, unless the server has asked for it. */
  hurry() {
    if (this.#wanted && this.#timer && Date.now() >= this.#notBefore) this.#connect();
  }

  /** The way is open but dead. */
  cut() {
    this.#drop();
    this.#hooks.change(false);
    this.#later();
  }

  send(frame) {
    this.#up?.send(frame);
  }

  #connect() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    if (this.#failed >= SOCKETS_BEFORE_TWIN) {
      this.#probeLater();
      this.#startTwin();
    } else this.#socket.open();
  }

  async #startTwin() {
    try {
      const { Twin } = await need("twin");
      this.#twin ||= new Twin({
        hello: this.#hooks.hello,
        frame: (frame) => this.#take(this.#twin, frame),
        lost: (retryAfter) => this.#lost(this.#twin, retryAfter),
      });
    } catch {
      return this.#lost();
    }
    if (this.#wanted && !this.#up) this.#twin.start();
  }

  /** Whoever is welcomed first carries the conversation; a socket takes it from the twin. */
  #take(way, frame) {
    if (frame.type === "welcome" && this.#up !== way) {
      if (way === this.#socket) {
        this.#twin?.stop();
        clearTimeout(this.#probe);
        this.#failed = 0;
      }
      this.#up = way;
      this.#upSince = Date.now();
      this.#hooks.change(true);
    }
    if (frame.type === "going_away") this.#rest(frame.retry_after);
    this.#hooks.frame(frame);
  }

  /** Too big a frame only closes a socket; the twin refuses the line in words. */
  #lostSocket(code) {
    if (code === TOO_BIG) this.#failed = SOCKETS_BEFORE_TWIN;
    else if (this.#up !== this.#socket) this.#failed += 1;
    if (this.#twin?.running) this.#probeLater();
    else this.#lost(this.#socket);
  }

  #lost(way, retryAfter) {
    this.#rest(retryAfter);
    if (this.#up === way) {
      this.#up = null;
      if (Date.now() - this.#upSince > STEADY_MS) this.#attempt = 0;
    }
    if (!this.#up) this.#hooks.change(false);
    this.#later();
  }

  /** The server asks to be left alone for so long. */
  #rest(seconds = 0) {
    this.#notBefore = Math.max(this.#notBefore, Date.now() + seconds * 1000);
  }

  /** Full jitter: a server that comes back is not met by everyone at once. */
  #later() {
    if (!this.#wanted) return;
    clearTimeout(this.#timer);
    const most = Math.min(LONGEST_S, 2 ** this.#attempt) * 1000;
    const wait = Math.max(Math.random() * most, this.#notBefore - Date.now());
    this.#attempt += 1;
    this.#timer = setTimeout(() => this.#connect(), wait);
  }

  #probeLater() {
    clearTimeout(this.#probe);
    this.#probe = setTimeout(() => {
      if (this.#wanted && this.#up !== this.#socket) this.#socket.open();
    }, PROBE_MS);
  }

  #drop() {
    clearTimeout(this.#timer);
    clearTimeout(this.#probe);
    this.#up = null;
    this.#socket.close();
    this.#twin?.stop();
  }
}
