// The ways to the server: a socket, else its HTTP twin.

const WAIT_S = 25;
const POLL_MS = 40000;
const POST_MS = 15000;
const API = "/api/v1/chat/";
const POSTED = /^(send|handoff|contact|rate|csat|identify|context|logout)$/;
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

/**
 * The same conversation over plain HTTP, for networks that break WebSockets. Answers are turned
 * into the frames that a socket would have brought.
 */
class Twin {
  running = null;
  #poll = null;
  #greeted = false;
  #hooks;

  /** @param {{hello: Function, frame: Function, lost: (retryAfter?: number) => void}} hooks */
  constructor(hooks) {
    this.#hooks = hooks;
  }

  start() {
    this.stop();
    this.#greeted = false;
    this.#listen((this.running = new AbortController()));
  }

  stop() {
    this.running?.abort();
    this.#poll?.abort();
    this.running = null;
  }

  async send(frame) {
    if (frame.type === "sync") this.#poll?.abort();
    if (!POSTED.test(frame.type) || !this.running) return;
    const { signal } = this.running;
    const { token } = this.#hooks.hello();
    const path = frame.type.replace("send", "messages");
    try {
      const { answer, retryAfter } = await call(path, { token, body: frame, signal });
      // An error about a line is its refusal, to be tried again; one about the token is not.
      if (answer.type === "error" && frame.cmid && !answer.code.startsWith("token")) {
        Object.assign(answer, { type: "refused", cmid: frame.cmid, retry_after: retryAfter });
      }
      this.#hooks.frame(answer);
    } catch {
      if (!signal.aborted) this.#lose();
    }
  }

  #lose(retryAfter) {
    this.stop();
    this.#hooks.lost(retryAfter);
  }

  async #listen(run) {
    while (!run.signal.aborted) {
      const { token, last_seq: since, epoch } = this.#hooks.hello();
      const poll = (this.#poll = new AbortController());
      try {
        const path = `messages?since=${since}&wait=${this.#greeted ? WAIT_S : 0}`;
        const found = await call(path, { token, ms: POLL_MS, signal: poll.signal });
        if (run.signal.aborted) return;
        if (found.status === 200) this.#tell(found.answer, epoch);
        else {
          this.#lose(found.retryAfter);
          if (found.status === 401) this.#hooks.frame(found.answer);
        }
      } catch {
        if (!poll.signal.aborted) this.#lose();
      }
    }
  }

  #tell({ messages, state, mode, last_seq, epoch, more }, known) {
    if (!this.#greeted || epoch !== known) {
      this.#hooks.frame({ type: "welcome", epoch, last_seq, state, mode });
    }
    for (const message of messages) this.#hooks.frame(message);
    if (!more) this.#hooks.frame({ type: "state", state, mode });
    if (!more && !this.#greeted) {
      this.#greeted = true;
      this.#hooks.frame({ type: "synced", last_seq });
    }
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
  #twin;
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
    this.#twin = new Twin({
      hello: hooks.hello,
      frame: (frame) => this.#take(this.#twin, frame),
      lost: (retryAfter) => this.#lost(this.#twin, retryAfter),
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
    if (frame.type === "going_away") this.#rest(frame.retry_after);
    this.#hooks.frame(frame);
  }

  /** Too big a frame only closes a socket; the twin refuses the line in words. */
  #lostSocket(code) {
    if (code === TOO_BIG) this.#failed = SOCKETS_BEFORE_TWIN;
    else if (this.#up !== this.#socket) this.#failed += 1;
    if (this.#twin.running) this.#probeLater();
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
    this.#twin.stop();
  }
}
