// The way to the server for networks that break WebSockets; fetched after sockets have failed.

const WAIT_S = 25;
const POLL_MS = 40000;
const POSTED = /^(send|handoff|contact|rate|csat|identify|context|logout)$/;

let kit;

/** @param {Object<string, any>} shared */
export function prepare(shared) {
  kit = shared;
}

/**
 * The same conversation over plain HTTP, for networks that break WebSockets. Answers are turned
 * into the frames that a socket would have brought.
 */
export class Twin {
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
      const { answer, retryAfter } = await kit.call(path, { token, body: frame, signal });
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
        const found = await kit.call(path, { token, ms: POLL_MS, signal: poll.signal });
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

  #tell({ messages, last_seq, epoch, more, ...stands }, known) {
    if (!this.#greeted || epoch !== known) {
      this.#hooks.frame({ type: "welcome", epoch, last_seq, ...stands });
    }
    for (const message of messages) this.#hooks.frame(message);
    if (!more) this.#hooks.frame({ type: "state", ...stands });
    if (!more && !this.#greeted) {
      this.#greeted = true;
      this.#hooks.frame({ type: "synced", last_seq });
    }
  }
}
