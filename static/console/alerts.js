// A tone and a notice of the desktop's, for what waits and for the operator's own conversations.
import { toast } from "./dialog.js";
import { announce, say } from "./page.js";
import { now } from "./time.js";
import { nameOf } from "./verbs.js";

const TONES = { waiting: [660, 880], mine: [880] };
const TONE_S = 0.18;
const GAIN = 0.1;
// Bursts make one tone.
const QUIET_MS = 1500;
const TICK_MS = 1000;
// So long before a chat goes back to the queue its operator is told.
const WARN_MS = 60000;
// As long as a timer can.
const STAYS_MS = 2 ** 31 - 1;

export class Alerts {
  #desk;
  #open;
  #context = null;
  #rang = 0;
  #isFirstTab = true;
  #again;
  /** Chats about to go back to the queue, with how to take the warning away. */
  #warned = new Map();

  /** @param {(session: string) => void} open @param {(row: any) => void} again claims it */
  constructor(desk, open, again) {
    this.#desk = desk;
    this.#open = open;
    this.#again = again;
    setInterval(() => this.#warn(), TICK_MS);
    for (const name of ["pointerdown", "keydown"]) {
      addEventListener(name, () => this.#wake(), { passive: true });
    }
    this.#lead();
  }

  /** Of several tabs one makes the noise: whoever came first, then the next one. */
  #lead() {
    if (!navigator.locks) return;
    this.#isFirstTab = false;
    navigator.locks.request("console:alerts", () => {
      this.#isFirstTab = true;
      return new Promise(() => {});
    });
  }

  /**
   * Looks at rows that have changed. What is open and in view needs no alert.
   * @param {Map<string, any> | null} before
   * @param {string | null} inView
   */
  look(ids, before, inView) {
    if (!before) return;
    for (const id of ids) {
      const row = this.#desk.rows.get(id);
      const kind = news(before.get(id), row);
      if (kind && id !== inView) this.#tell(kind, row);
      if (row?.kind === "waiting" && isOverdue(before.get(id))) {
        const act = [say("claim_again"), () => this.#again(row)];
        toast({ text: say("went_back", { name: nameOf(row) }), bad: true, ms: STAYS_MS, act });
      }
    }
  }

  /** Who says nothing loses the chat: in time for a word. */
  #warn() {
    for (const row of this.#desk.rows.values()) {
      const isDue = isOverdue(row, WARN_MS);
      if (isDue && !this.#warned.has(row.id)) {
        const act = [say("open"), () => this.#open(row.id)];
        const text = say("goes_back", { name: nameOf(row) });
        this.#warned.set(row.id, toast({ text, bad: true, ms: WARN_MS, act }));
      } else if (!isDue && this.#warned.has(row.id)) {
        this.#warned.get(row.id)();
        this.#warned.delete(row.id);
      }
    }
  }

  #tell(kind, row) {
    const title = say(`alert_${kind}`, { name: nameOf(row) });
    announce(title);
    if (!this.#isFirstTab) return;
    if (this.#desk.settings.sound) this.ring(kind);
    if (this.#desk.settings.notices) this.#notice(title, row);
  }

  #notice(title, row) {
    if (this.permission !== "granted" || (document.hasFocus() && !document.hidden)) return;
    const notice = new Notification(title, { body: row.last?.text.slice(0, 120) || "", tag: row.id });
    notice.onclick = () => {
      window.focus();
      notice.close();
      this.#open(row.id);
    };
  }

  /** "granted", "denied", "default", or "missing" where the browser or plain HTTP has none. */
  get permission() {
    return "Notification" in window && window.isSecureContext ? Notification.permission : "missing";
  }

  async allow() {
    await Notification.requestPermission();
    return this.permission;
  }

  testNotice() {
    return new Notification(say("alert_test"), { body: say("alert_test_body"), tag: "test" });
  }

  /** Whether a tone can be heard: browsers allow none before the first click or key. */
  get canRing() {
    return this.#context?.state === "running";
  }

  async ring(kind = "waiting", isTest = false) {
    if (isTest) await this.#wake();
    if (!this.canRing || (!isTest && Date.now() - this.#rang < QUIET_MS)) return this.canRing;
    this.#rang = Date.now();
    const context = this.#context;
    TONES[kind].forEach((frequency, at) => {
      const start = context.currentTime + at * TONE_S;
      const tone = new OscillatorNode(context, { frequency });
      const volume = new GainNode(context, { gain: GAIN });
      volume.gain.setValueAtTime(GAIN, start);
      volume.gain.exponentialRampToValueAtTime(0.0001, start + TONE_S);
      tone.connect(volume).connect(context.destination);
      tone.start(start);
      tone.stop(start + TONE_S);
    });
    return true;
  }

  #wake() {
    this.#context ||= new AudioContext();
    return this.#context.state === "suspended" ? this.#context.resume().catch(() => {}) : undefined;
  }
}

/** Whether a chat of the operator's goes back to the queue within so many milliseconds. */
const isOverdue = (row, ms = TICK_MS) =>
  row?.kind === "mine" && Boolean(row.back_at) && Date.parse(row.back_at) - now() < ms;

/** @returns {"waiting" | "mine" | null} what is new about a row for this operator */
function news(before, row) {
  if (row?.kind === "waiting" && before?.kind !== "waiting") return "waiting";
  if (row?.kind !== "mine") return null;
  const isNew = !before || before.kind !== "mine";
  return row.unread > (isNew ? 0 : before.unread) ? "mine" : null;
}
