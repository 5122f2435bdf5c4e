// What is written and not sent. It is kept by the server, and until that has it, by this tab. Stamps
// say which is newer, whatever way it went and in whatever order it came.
import { setup } from "./page.js";
import { now } from "./time.js";

const MODES = ["reply", "note"];
// What the server takes of one. What is longer is kept by this tab alone.
const LONGEST = 20000;

export class Drafts {
  #link;
  /** With something that the server has not said it has. @type {Set<any>} */
  #unsaved = new Set();

  constructor(link) {
    this.#link = link;
    addEventListener("pagehide", () => this.#leave());
    document.addEventListener("visibilitychange", () => document.hidden && this.#leave());
  }

  /** It reads so from now on. The stamp of it. */
  write(thread, mode, text) {
    const { box } = thread;
    box[mode] = text;
    box.stamps[mode] = Math.max(Math.floor(now()), box.stamps[mode] + 1);
    keep(thread);
    this.#unsaved.add(thread);
    return box.stamps[mode];
  }

  /** The thread was read anew: the newest counts of what is here, in this tab and on the server. */
  meet(thread) {
    const { box, facts } = thread;
    const own = kept(thread.session);
    for (const mode of MODES) {
      const there = facts.drafts[mode];
      box.saved[mode] = Math.max(box.saved[mode], there.stamp);
      const [newest] = [there, own[mode] || there].sort((one, other) => other.stamp - one.stamp);
      if (newest.stamp <= box.stamps[mode]) continue;
      // What stands in the box is not changed while somebody may be writing there.
      if (!box[mode]) box[mode] = newest.text;
      box.stamps[mode] = newest.stamp;
    }
    this.#unsaved.add(thread);
    this.save(thread);
  }

  /** Tells the server what it has not got. */
  async save(thread) {
    for (const mode of MODES.filter((one) => isUnsaved(thread.box, one))) {
      const { stamp, ...body } = told(thread, mode);
      try {
        if (body.text.length <= LONGEST) await this.#link.ask("draft", { ...body, stamp });
        this.#has(thread, mode, stamp);
      } catch {
        // Without a way: `meet` sees to it when there is one again.
      }
    }
  }

  /** With it went what was drafted until then, but not what was written since. */
  sent(thread, { mode, draft }) {
    const { box } = thread;
    if (box.stamps[mode] > draft) this.write(thread, mode, box[mode]);
    else this.#has(thread, mode, draft);
    this.save(thread);
  }

  /** The server has it up to there. */
  #has(thread, mode, stamp) {
    const { box } = thread;
    box.saved[mode] = Math.max(box.saved[mode], stamp);
    if (MODES.some((one) => isUnsaved(box, one))) return;
    this.#unsaved.delete(thread);
    if (MODES.every((one) => box[one].length <= LONGEST)) drop(thread.session);
  }

  /** The socket closes with the page, and may do so first: a beacon outlives both. */
  #leave() {
    for (const thread of this.#unsaved) {
      for (const mode of MODES.filter((one) => isUnsaved(thread.box, one))) {
        const form = new FormData();
        for (const [name, value] of Object.entries(told(thread, mode))) form.append(name, value);
        form.append("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]").value);
        navigator.sendBeacon(setup.drafts, form);
      }
    }
  }
}

const isUnsaved = ({ stamps, saved }, mode) => stamps[mode] > saved[mode];

const told = (thread, kind) => ({
  session: thread.session,
  kind,
  text: written(thread, kind),
  stamp: thread.box.stamps[kind],
});

/** With the lines that are still on their way: they may never arrive. */
function written({ pending, box }, mode) {
  const under = [...pending.values()].filter((item) => item.mode === mode && item.status !== "sent");
  return [...under.map(({ text }) => text), box[mode]].filter(Boolean).join("\n");
}

const key = (session) => `console:draft:${session}`;

function kept(session) {
  try {
    return JSON.parse(sessionStorage.getItem(key(session))) || {};
  } catch {
    return {};
  }
}

function keep(thread) {
  const own = MODES.map((mode) => [mode, told(thread, mode)]);
  try {
    sessionStorage.setItem(key(thread.session), JSON.stringify(Object.fromEntries(own)));
  } catch {
    // Without storage a cut and a reload together lose it.
  }
}

function drop(session) {
  try {
    sessionStorage.removeItem(key(session));
  } catch {
    // Then nothing was kept.
  }
}
