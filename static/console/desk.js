// What is known of all conversations: the server's rows, by snapshot and numbered changes.
import { setNow } from "./time.js";

const TYPING_MS = 6000;

/** What sorting needs, read once. */
function ranked(row) {
  const time = (iso) => (iso ? Date.parse(iso) : Infinity);
  row.visitor ??= { name: "", verified: false, language: "" };
  row.viewers ??= [];
  row.rank = [time(row.due_at), time(row.waiting_since), -time(row.last?.at || 0) || 0];
  return row;
}

export const ORDERS = {
  urgent: (one, other) =>
    one.priority - other.priority ||
    compare(one.rank[0], other.rank[0]) ||
    compare(one.rank[1], other.rank[1]) ||
    compare(one.rank[2], other.rank[2]) ||
    byId(one, other),
  waiting: (one, other) => compare(one.rank[1], other.rank[1]) || byId(one, other),
  latest: (one, other) => compare(one.rank[2], other.rank[2]) || byId(one, other),
};

// Two that are infinite are equal; their difference is not a number.
const compare = (one, other) => (one === other ? 0 : one - other);
const byId = (one, other) => (one.id < other.id ? -1 : 1);

export class Desk {
  /** @type {Map<string, any>} */
  rows = new Map();
  me = { id: "", name: "", rights: [], presence: "offline" };
  sites = [];
  teams = [];
  /** @type {import("./proto.js").Person[]} */
  operators = [];
  settings = { send_with: "mod_enter", keys: true, sound: true, notices: false };
  limits = { reply: 10000, note: 10000, file_bytes: 10485760 };
  /** How many wait beside those that have a row. */
  beyond = 0;
  #parts = [];
  #seq = 0;
  #hasSnapshot = false;
  #isAsking = false;
  #hooks;

  /**
   * @param {{resnap: () => void, rows: (ids: string[], before: Map<string, any> | null) => void,
   *   people: () => void, welcome: () => void}} hooks `before`: null with the first snapshot
   */
  constructor(hooks) {
    this.#hooks = hooks;
  }

  get rights() {
    return new Set(this.me.rights);
  }

  /** True if the frame was one of the desk's. */
  take(frame) {
    const take = {
      welcome: () => this.#welcome(frame),
      queue: () => this.#snapshot(frame),
      rows: () => this.#change(frame),
      people: () => this.#people(frame),
      heartbeat: () => setNow(frame.now),
      counts: () => {
        this.beyond = frame.beyond || 0;
      },
    }[frame.type];
    take?.();
    return Boolean(take);
  }

  /** Empty where there is but one site: it would say nothing. */
  siteName(row) {
    if (this.sites.length < 2) return "";
    const id = row.site?.id ?? row.site;
    return row.site?.name || this.sites.find((site) => site.id === id)?.name || "";
  }

  #welcome(frame) {
    const { me, sites, teams, operators, settings, limits } = frame;
    Object.assign(this, { me, sites: sites || [], teams: teams || [], operators: operators || [] });
    Object.assign(this.settings, settings);
    Object.assign(this.limits, limits);
    setNow(frame.now);
    this.#hooks.welcome();
    this.#hooks.people();
  }

  #people({ operators }) {
    this.operators = operators;
    const own = operators.find(({ id }) => id === this.me.id);
    if (own) this.me.presence = own.presence;
    this.#hooks.people();
  }

  #snapshot({ seq, rows, more }) {
    this.#parts.push(...rows);
    if (more) return;
    const before = this.rows;
    this.rows = new Map(this.#parts.map((row) => [row.id, ranked(row)]));
    this.#parts = [];
    this.#seq = seq;
    this.#isAsking = false;
    const known = this.#hasSnapshot ? before : null;
    this.#hasSnapshot = true;
    this.#hooks.rows([...new Set([...before.keys(), ...this.rows.keys()])], known);
  }

  /** A number left out means a change was lost: only a new snapshot heals that. */
  #change({ seq, set = [], gone = [] }) {
    if (this.#isAsking || seq <= this.#seq) return;
    if (seq !== this.#seq + 1) {
      this.#isAsking = true;
      this.#hooks.resnap();
      return;
    }
    this.#seq = seq;
    const ids = [...set.map(({ id }) => id), ...gone];
    const before = new Map(ids.map((id) => [id, this.rows.get(id)]));
    for (const row of set) this.rows.set(row.id, ranked(row));
    for (const id of gone) this.rows.delete(id);
    this.#hooks.rows(ids, before);
  }

  /** The socket is gone, and with it the numbers. */
  cut() {
    this.#isAsking = false;
    this.#parts = [];
    this.#seq = Infinity;
  }
}

/** Who is typing where: a sign that fades by itself, since its end can be lost. */
export class Typing {
  /** @type {Map<string, {name: string | null, timer: number}>} */
  #signs = new Map();
  #changed;

  /** @param {() => void} changed */
  constructor(changed) {
    this.#changed = changed;
  }

  /** @param {"visitor" | import("./proto.js").Named} who */
  sign(session, who) {
    const key = `${session} ${who === "visitor" ? "" : who.id}`;
    clearTimeout(this.#signs.get(key)?.timer);
    const timer = setTimeout(() => this.#drop(key), TYPING_MS);
    this.#signs.set(key, { name: who === "visitor" ? null : who.name, timer });
    this.#changed();
  }

  /** They have said it: `id` of an operator, empty for the visitor. */
  done(session, id = "") {
    this.#drop(`${session} ${id}`);
  }

  clear() {
    for (const key of [...this.#signs.keys()]) this.#drop(key);
  }

  /** Names; null stands for the visitor. @returns {(string | null)[]} */
  in(session) {
    return [...this.#signs].filter(([key]) => key.startsWith(`${session} `)).map(([, { name }]) => name);
  }

  #drop(key) {
    clearTimeout(this.#signs.get(key)?.timer);
    if (this.#signs.delete(key)) this.#changed();
  }
}
