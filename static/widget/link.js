// Keeps one way to the server open: a socket, else its HTTP twin; waits longer each time.
import { Twin } from "./twin.js";

const OPENING_MS = 10000;
const SILENCE_MS = 45000;

/** One WebSocket at a time, with a watchdog: a phone's radio can cut it without a word. */
class Socket {
  /** @type {WebSocket | null} */
  #socket = null;
  #watchdog = 0;
  #heard = 0;
  #hooks;

  /** @param {{hello: () => object, frame: (frame: any) => void, lost: () => void}} hooks */
  constructor(hooks) {
    this.#hooks = hooks;
    document.addEventListener("visibilitychange", () => this.#check());
  }

  get isOpen() {
    return this.#socket !== null;
  }

  open() {
    this.close();
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}/ws/chat/`);
    this.#socket = socket;
    this.#watch(OPENING_MS);
    socket.onopen = () => this.send(this.#hooks.hello());
    socket.onmessage = ({ data }) => {
      this.#watch(SILENCE_MS);
      this.#hooks.frame(JSON.parse(data));
    };
    socket.onclose = () => this.#lose();
  }

  send(frame) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
  }

  close() {
    clearTimeout(this.#watchdog);
    if (!this.#socket) return;
    this.#socket.onopen = this.#socket.onmessage = this.#socket.onclose = null;
    this.#socket.close();
    this.#socket = null;
  }

  #lose() {
    this.close();
    this.#hooks.lost();
  }

  #watch(ms) {
    clearTimeout(this.#watchdog);
    this.#heard = Date.now();
    this.#watchdog = window.setTimeout(() => this.#lose(), ms);
  }

  /** Timers sleep in a hidden tab; the clock does not. */
  #check() {
    const silent = Date.now() - this.#heard > SILENCE_MS;
    if (this.#socket && silent && document.visibilityState === "visible") this.#lose();
  }
}

const SOCKETS_BEFORE_TWIN = 3;
const PROBE_MS = 60000;
const LONGEST_S = 60;
const STEADY_MS = 10000;

export class Link {
  #hooks;
  #socket;
  #twin;
  #wanted = false;
  #failed = 0;
  #attempt = 0;
  #notBefore = 0;
  #upSince = 0;
  #timer = 0;
  #probe = 0;
  /** @type {Socket | Twin | null} */
  #up = null;

  /**
   * @param {{hello: () => any, frame: (frame: any) => void, change: (isUp: boolean) => void}} hooks
   */
  constructor(hooks) {
    this.#hooks = hooks;
    this.#socket = new Socket({
      hello: hooks.hello,
      frame: (frame) => this.#take(this.#socket, frame),
      lost: () => this.#lostSocket(),
    });
    this.#twin = new Twin({
      hello: hooks.hello,
      frame: (frame) => this.#take(this.#twin, frame),
      lost: (retryAfter) => this.#lost(this.#twin, retryAfter),
    });
    window.addEventListener("online", () => this.again());
    // What the browser says is a hint: a machine without a network still reaches itself.
    window.addEventListener("offline", () => this.#wanted && this.cut());
  }

  get isUp() {
    return this.#up !== null;
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
    clearTimeout(this.#timer);
    this.#connect();
  }

  /** The way is open but dead. */
  cut() {
    this.#drop();
    this.#hooks.change(false);
    this.#later();
  }

  /** @param {number} seconds the server asks to be left alone for */
  rest(seconds) {
    this.#notBefore = Date.now() + seconds * 1000;
  }

  send(frame) {
    this.#up?.send(frame);
  }

  #connect() {
    this.#timer = 0;
    if (!this.#wanted) return;
    if (this.#failed >= SOCKETS_BEFORE_TWIN) {
      this.#twin.start();
      this.#probeLater();
    } else this.#socket.open();
  }

  /** Whoever is welcomed first carries the conversation; a socket takes it from the twin. */
  #take(way, frame) {
    if (frame.type === "welcome" && this.#up !== way) {
      if (way === this.#socket) {
        this.#twin.stop();
        clearTimeout(this.#probe);
        this.#failed = 0;
      }
      this.#up = way;
      this.#upSince = Date.now();
      this.#hooks.change(true);
    }
    if (frame.type === "going_away") this.rest(frame.retry_after || 0);
    this.#hooks.frame(frame);
  }

  #lostSocket() {
    this.#failed += this.#up === this.#socket ? 0 : 1;
    if (this.#twin.isRunning) this.#probeLater();
    else this.#lost(this.#socket);
  }

  #lost(way, retryAfter) {
    if (retryAfter) this.rest(retryAfter);
    if (this.#up === way) {
      this.#up = null;
      if (Date.now() - this.#upSince > STEADY_MS) this.#attempt = 0;
    }
    if (!this.#up) this.#hooks.change(false);
    this.#later();
  }

  /** Full jitter: a server that comes back is not met by everyone at once. */
  #later() {
    if (!this.#wanted) return;
    clearTimeout(this.#timer);
    const most = Math.min(LONGEST_S, 2 ** this.#attempt) * 1000;
    const wait = Math.max(Math.random() * most, this.#notBefore - Date.now());
    this.#attempt += 1;
    this.#timer = window.setTimeout(() => this.#connect(), wait);
  }

  #probeLater() {
    clearTimeout(this.#probe);
    this.#probe = window.setTimeout(() => {
      if (this.#wanted && this.#up !== this.#socket) this.#socket.open();
    }, PROBE_MS);
  }

  #drop() {
    clearTimeout(this.#timer);
    clearTimeout(this.#probe);
    this.#up = null;
    this.#socket.close();
    this.#twin.stop();
  }
}
