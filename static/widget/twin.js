// The same conversation over plain HTTP, for networks that break WebSockets. Answers are turned
// into the frames that a socket would have brought.

const WAIT_S = 25;
const POLL_MS = 40000;
const POST_MS = 15000;
const API = "/api/v1/chat/";
const PATHS = {
  send: "messages",
  handoff: "handoff",
  contact: "contact",
  rate: "rate",
  csat: "csat",
};

/**
 * A request that ends. Throws when there is no answer, or none that can be read.
 * @param {string} path
 * @param {{token?: string | null, body?: object, ms?: number, signal?: AbortSignal}} options
 */
export async function call(path, { token, body, ms = POST_MS, signal }) {
  const ending = new AbortController();
  const timer = setTimeout(() => ending.abort(), ms);
  signal?.addEventListener("abort", () => ending.abort());
  try {
    const response = await fetch(API + path, {
      method: body ? "POST" : "GET",
      headers: {
        ...(token ? { Authorization: `Bearer ${token}` } : {}),
        ...(body ? { "Content-Type": "application/json" } : {}),
      },
      body: body && JSON.stringify(body),
      credentials: "omit",
      cache: "no-store",
      signal: ending.signal,
    });
    const retryAfter = Number(response.headers.get("Retry-After")) || undefined;
    return { status: response.status, answer: await response.json(), retryAfter };
  } finally {
    clearTimeout(timer);
  }
}

export class Twin {
  /** @type {AbortController | null} */
  #running = null;
  /** @type {AbortController | null} */
  #poll = null;
  #greeted = false;
  #hooks;

  /**
   * @param {{hello: () => {token: string, last_seq: number, epoch: string | null},
   *   frame: (frame: any) => void, lost: (retryAfter?: number) => void}} hooks
   */
  constructor(hooks) {
    this.#hooks = hooks;
  }

  get isRunning() {
    return this.#running !== null;
  }

  start() {
    this.stop();
    this.#greeted = false;
    this.#running = new AbortController();
    this.#listen(this.#running);
  }

  stop() {
    this.#running?.abort();
    this.#poll?.abort();
    this.#running = this.#poll = null;
  }

  async send(frame) {
    if (frame.type === "sync") this.#poll?.abort();
    if (!PATHS[frame.type] || !this.#running) return;
    const { signal } = this.#running;
    try {
      const token = this.#hooks.hello().token;
      const { answer, retryAfter } = await call(PATHS[frame.type], { token, body: frame, signal });
      this.#hooks.frame(answered(frame, answer, retryAfter));
    } catch {
      if (!signal.aborted) this.#lose();
    }
  }

  #lose(retryAfter) {
    this.stop();
    this.#hooks.lost(retryAfter);
  }

  /** @param {AbortController} run */
  async #listen(run) {
    while (this.#running === run && !run.signal.aborted) {
      const { token, last_seq: since, epoch } = this.#hooks.hello();
      const poll = (this.#poll = new AbortController());
      try {
        const path = `messages?since=${since}&wait=${this.#greeted ? WAIT_S : 0}`;
        const found = await call(path, { token, ms: POLL_MS, signal: poll.signal });
        if (run.signal.aborted) return;
        if (found.status === 200) this.#tell(found.answer, epoch);
        else if (found.status === 401) {
          this.stop();
          this.#hooks.frame(found.answer);
        } else this.#lose(found.retryAfter);
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

/** An error about a line that has a key is that line's refusal, to be tried again. */
function answered(frame, answer, retryAfter) {
  if (answer.type !== "error" || !frame.cmid || answer.code.startsWith("token_")) return answer;
  return { ...answer, type: "refused", cmid: frame.cmid, retry_after: retryAfter };
}
