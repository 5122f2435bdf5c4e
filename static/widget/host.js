// The page around this frame, which keeps what must outlive it, and who the visitor is.
import { config, uuid } from "./page.js";
import { call } from "./link.js";

const ASK_EVERY_MS = 400;

/** The link to the loader on the embedding page. */
export class Host {
  #port = null;
  #asking = 0;
  #swaps = new Map();
  #hooks;

  /** @param {Object<string, Function>} hooks one for each message of the loader */
  constructor(hooks) {
    this.#hooks = hooks;
  }

  /** Asks for a port until one comes; the loader hides the frame till then. */
  connect() {
    addEventListener("message", (event) => this.#receive(event));
    const ask = () => parent.postMessage({ helpdesk: "ready" }, "*");
    this.#asking = setInterval(ask, ASK_EVERY_MS);
    ask();
  }

  tell(type, rest) {
    this.#port?.postMessage({ type, ...rest });
  }

  keep(name, value) {
    this.tell("keep", { name, value });
  }

  /** The embedding page's listeners hear of it. */
  event(name, detail = {}) {
    this.tell("event", { name, detail });
  }

  /** Sets `name` if it still is `was`, across all tabs; resolves to what it is then. */
  swap(name, was, value) {
    const id = uuid();
    this.tell("swap", { id, name, was, value });
    return new Promise((resolve) => this.#swaps.set(id, resolve));
  }

  /** Only the page around this frame may hand a port; which page that is, the policy says. */
  #receive({ source, origin, data, ports }) {
    const around = location.ancestorOrigins?.[0] ?? origin;
    if (source !== parent || origin !== around || data?.helpdesk !== "port") return;
    clearInterval(this.#asking);
    this.#port?.close();
    this.#port = ports[0];
    this.#port.onmessage = (event) => this.#take(event.data);
    this.tell("started", { theme: config.site.theme });
  }

  #take(message) {
    if (message.type === "swapped") {
      this.#swaps.get(message.id)?.(message.value);
      this.#swaps.delete(message.id);
    } else this.#hooks[message.type]?.(message);
  }
}

const LONGEST_WAIT_S = 60;

/** Seconds to leave the server alone after so many failures, not the same for everybody. */
export const backoff = (failures) =>
  Math.min(LONGEST_WAIT_S, 2 ** failures) * (0.5 + Math.random() / 2);

/** Who the visitor is to the server: one token, shared by all tabs of the site. */
export class Visitor {
  /** @type {string | null} */
  token = null;
  #host;
  #body;
  #ready;
  #failed;
  #failures = 0;
  #beginning = false;

  /** @param {{host: Host, body: object, ready: Function, failed: Function}} parts */
  constructor({ host, body, ready, failed }) {
    this.#host = host;
    this.#body = body;
    this.#ready = ready;
    this.#failed = failed;
  }

  adopt(token) {
    this.token = token;
    this.#ready();
  }

  /** Makes a session. When two tabs do so at once, both take the one that was stored first. */
  async begin() {
    if (this.#beginning) return;
    this.#beginning = true;
    const { token, wait, why, gone } = await this.#ask();
    if (!token) {
      this.#failed(why);
      if (!gone) await pause(wait ?? backoff(this.#failures++));
    }
    this.#beginning = false;
    if (this.token) return;
    if (!token) {
      if (!gone) this.begin();
      return;
    }
    this.#failures = 0;
    this.adopt((await this.#host.swap("token", null, token)) || token);
  }

  /** @param {string} token that replaces the one in use */
  async renew(token) {
    const was = this.token;
    this.token = token;
    this.token = (await this.#host.swap("token", was, token)) || token;
  }

  /** Drops a dead token; true when another tab has a living one. */
  async forget() {
    const dead = this.token;
    this.token = null;
    const other = await this.#host.swap("token", dead, null);
    if (other) this.adopt(other);
    return Boolean(other);
  }

  /** Lets go of the token, here and for all tabs. */
  async drop() {
    const token = this.token;
    this.token = null;
    await this.#host.swap("token", token, null);
  }

  async #ask() {
    try {
      const { status, answer, retryAfter } = await call("sessions", { body: this.#body });
      if (status === 200) return { token: answer.token };
      // Without its site there is nothing to wait for; the next line asks once more.
      const gone = status === 404;
      return { wait: retryAfter, why: (gone || status === 429) && answer.detail, gone };
    } catch {
      return {};
    }
  }
}

/** Ends early when the network comes back. */
function pause(seconds) {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      removeEventListener("online", end);
      resolve();
    };
    const timer = setTimeout(end, seconds * 1000);
    addEventListener("online", end);
  });
}
