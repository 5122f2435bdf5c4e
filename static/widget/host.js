// The page around this frame, which keeps what must outlive it, and who the visitor is.
import { config, uuid } from "./page.js";
import { call } from "./twin.js";

const ASK_EVERY_MS = 400;
const PATIENCE_MS = 3000;

/** The link to the loader on the embedding page. */
export class Host {
  /** @type {MessagePort | null} */
  #port = null;
  #asking = 0;
  #swaps = new Map();
  /** Stands in for the page's storage while no page answers. */
  #memory = new Map();
  #hooks;

  /**
   * @param {{start: (stored: Object<string, string>, page: Object<string, string>) => void,
   *   stored: (name: string, value: string | null) => void, open: (focus: boolean,
   *   narrow: boolean) => void, closed: () => void}} hooks
   */
  constructor(hooks) {
    this.#hooks = hooks;
  }

  /** Asks for a port until one comes. Without a page the chat works too, but forgets. */
  connect() {
    window.addEventListener("message", (event) => this.#receive(event));
    if (window.parent === window) {
      this.#alone();
      return;
    }
    const ask = () => window.parent.postMessage({ helpdesk: "ready" }, "*");
    this.#asking = window.setInterval(ask, ASK_EVERY_MS);
    ask();
    setTimeout(() => this.#port || this.#alone(), PATIENCE_MS);
  }

  keep(name, value) {
    if (this.#port) this.#port.postMessage({ type: "keep", name, value });
    else this.#memory.set(name, value);
  }

  /**
   * Sets `name` if it still is `was`, across all tabs; resolves to what it is then.
   * @returns {Promise<string | null>}
   */
  swap(name, was, value) {
    if (!this.#port) {
      if ((this.#memory.get(name) ?? null) === was) this.#memory.set(name, value);
      return Promise.resolve(this.#memory.get(name) ?? null);
    }
    const id = uuid();
    this.#port.postMessage({ type: "swap", id, name, was, value });
    return new Promise((resolve) => this.#swaps.set(id, resolve));
  }

  close() {
    this.#port?.postMessage({ type: "close" });
  }

  /** The page is served in one language: another one is another page. */
  speak(locale) {
    if (this.#port) this.#port.postMessage({ type: "locale", locale });
    else location.search = String(new URLSearchParams({ key: config.site.key, locale }));
  }

  event(name, detail = {}) {
    this.#port?.postMessage({ type: "event", name, detail });
  }

  #alone() {
    this.#hooks.start({}, {});
    this.#hooks.open(window.parent === window, false);
  }

  /** Only the page around this frame may hand a port; which page that is, the policy says. */
  #receive({ source, origin, data, ports }) {
    const around = location.ancestorOrigins?.[0] ?? origin;
    if (source !== window.parent || origin !== around || data?.helpdesk !== "port") return;
    clearInterval(this.#asking);
    this.#port?.close();
    this.#port = ports[0];
    this.#port.onmessage = (event) => this.#take(event.data);
    this.#port.postMessage({ type: "started", accent: config.site.theme.accent });
    for (const [name, value] of this.#memory) this.keep(name, value);
    this.#memory.clear();
  }

  #take(message) {
    if (message.type === "start") this.#hooks.start(message.stored, message.page);
    else if (message.type === "stored") this.#hooks.stored(message.name, message.value);
    else if (message.type === "open") this.#hooks.open(message.focus, message.narrow);
    else if (message.type === "closed") this.#hooks.closed();
    else if (message.type === "swapped") {
      this.#swaps.get(message.id)?.(message.value);
      this.#swaps.delete(message.id);
    }
  }
}

const LONGEST_S = 60;

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

  /**
   * @param {{host: import("./host.js").Host, body: {site: string, locale: string},
   *   ready: () => void, failed: () => void}} parts
   */
  constructor({ host, body, ready, failed }) {
    this.#host = host;
    this.#body = body;
    this.#ready = ready;
    this.#failed = failed;
  }

  /** @param {string} token */
  adopt(token) {
    this.token = token;
    this.#ready();
  }

  /** Makes a session. When two tabs do so at once, both take the one that was stored first. */
  async begin() {
    if (this.#beginning) return;
    this.#beginning = true;
    const { token, wait } = await this.#ask();
    if (!token) {
      this.#failed();
      await pause(wait ?? Math.min(LONGEST_S, 2 ** ++this.#failures) * (0.25 + Math.random() / 2));
    }
    this.#beginning = false;
    if (this.token) return;
    if (!token) {
      this.begin();
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

  async #ask() {
    try {
      const { status, answer, retryAfter } = await call("sessions", { body: this.#body });
      return status === 200 ? { token: answer.token } : { wait: retryAfter };
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
      window.removeEventListener("online", end);
      resolve();
    };
    const timer = setTimeout(end, seconds * 1000);
    window.addEventListener("online", end);
  });
}
