// What an operator can do with a conversation: when it is offered, and how it is asked of the server.
import { ask, choice, field, tell, toast } from "./dialog.js";
import { bdi, make, named, say } from "./page.js";
import { now } from "./time.js";

export const OUTCOMES = ["answered", "sorted_out", "not_reachable", "spam", "other"];
const PRIORITIES = ["0", "1", "2", "3"];
// The server takes longer for more than it may for one frame.
const PART = 25;
/** Free, one's own, or a colleague's for whoever directs them. */
const isHeld = ({ kind }, can) =>
  kind === "mine" || kind === "waiting" || (kind === "other" && can.has("supervise"));

/** When each is offered. `row` is the conversation's, `can` the operator's rights. */
const OFFERED = {
  claim: (row, can) => row.kind === "waiting" && can.has("claim"),
  // What the bot has is anybody's; another operator's chat is not.
  take_over: ({ kind }, can) =>
    (kind === "bot" && can.has("claim")) || (kind === "other" && can.has("take_over")),
  resolve: isHeld,
  return: (row) => row.kind === "mine",
  transfer: (row, can) => isHeld(row, can) && can.has("transfer"),
  priority: isHeld,
  reopen: (row) => row.kind === "done" && Boolean(row.ticket),
};

export class Verbs {
  #desk;
  #link;
  /** What can still be undone. @type {(() => void) | null} */
  #undo = null;

  constructor(desk, link) {
    this.#desk = desk;
    this.#link = link;
  }

  /** Names of what may be done with it, the nearest first. */
  offered(row) {
    if (!row) return [];
    return Object.keys(OFFERED).filter((name) => OFFERED[name](row, this.#desk.rights));
  }

  /** Does it if it is offered. @returns {Promise<any>} */
  async run(name, row, ...more) {
    if (!this.offered(row).includes(name)) return null;
    return this[name](row, ...more);
  }

  /** Asks the server; a refusal is shown and gives null. */
  async send(type, body) {
    try {
      return await this.#link.ask(type, body);
    } catch (refusal) {
      toast({ text: refused(refusal), bad: true });
      return null;
    }
  }

  /** Rules draft no answer and read no instruction: neither is offered where no model answers. */
  hasModel(row) {
    return Boolean(this.#desk.sites.find(({ id }) => id === row.site)?.model);
  }

  claim(row) {
    return this.send("claim", { session: row.id });
  }

  take_over(row) {
    return this.send("take_over", { session: row.id });
  }

  priority(row, value) {
    if (value !== undefined) return this.send("priority", { session: row.id, value: Number(value) });
    return this.#askPriority(row.priority, row.id).then((chosen) => chosen && this.priority(row, chosen));
  }

  async return(row) {
    const text = make("textarea", { name: "instruction", rows: 3, maxLength: 1000 });
    const values = await ask({
      title: say("return_title", { name: nameOf(row) }),
      key: `return ${row.id}`,
      fields: [
        make("p", {}, say("return_says")),
        this.hasModel(row) && field(say("return_instruction"), text, say("return_hint")),
      ],
      submit: say("do_return"),
    });
    if (values) await this.send("return", { session: row.id, ...values });
  }

  async transfer(row) {
    const values = await this.#askTransfer(say("transfer_title", { name: nameOf(row) }), row.id);
    if (!values) return;
    if (await this.send("transfer", { session: row.id, ...values })) toast({ text: say("transferred") });
  }

  async resolve(row) {
    const values = await this.#askOutcome(say("resolve_title", { name: nameOf(row) }), row.id, true);
    if (!values) return;
    const done = await this.send("resolve", { session: row.id, ...values });
    if (done?.undo) this.#offerUndo(row, done);
  }

  async reopen(row) {
    if (await this.send("reopen", { session: row.id })) toast({ text: say("reopened") });
  }

  mayEdit(row) {
    return row.kind === "mine" && this.#desk.rights.has("edit_slots");
  }

  editSlot({ session }, slot, value) {
    return this.send("edit_slot", { session, slot, value });
  }

  async askSlot({ session }, slot) {
    const done = await this.send("ask_slot", { session, slot: slot.name });
    if (done) toast({ text: say("slot_asked", { label: slot.label }) });
  }

  /** An answer of the bot's becomes a draft of an entry, to be put right by an editor. */
  async wrong({ session }, message) {
    const done = await this.send("wrong_answer", { session, message: message.id });
    if (!done) return;
    const act = [say("open_draft"), () => window.open(done.url, "_blank", "noopener")];
    toast({ text: say("wrong_noted"), ms: 10000, ...(done.url ? { act } : {}) });
  }

  async correct({ session }, message) {
    const text = make("textarea", { name: "text", rows: 6, required: true, value: message.text });
    const values = await ask({
      title: say("correct_title"),
      key: `correct ${message.id}`,
      fields: [field(say("label_reply"), text, say("correct_hint"))],
      submit: say("save"),
    });
    if (values) await this.send("correct", { session, message: message.id, text: values.text });
  }

  /** Takes back what was done last, while that is possible. */
  undo() {
    this.#undo?.();
  }

  /** The same for many. What failed is listed with why. */
  async bulk(verb, sessions) {
    const more = await this.#bulkValues(verb, sessions.length);
    if (!more) return false;
    const names = new Map(sessions.map((id) => [id, nameOf(this.#desk.rows.get(id))]));
    const done = { ok: [], failed: [] };
    for (let at = 0; at < sessions.length; at += PART) {
      const part = await this.send("bulk", { sessions: sessions.slice(at, at + PART), verb, ...more });
      if (!part) return false;
      done.ok.push(...part.ok);
      done.failed.push(...part.failed);
    }
    const text = say("bulk_done", { count: done.ok.length });
    if (!done.failed.length) toast({ text });
    else {
      const lines = done.failed.map(({ session, detail, code }) => [
        bdi(names.get(session) || session),
        `: ${detail || code}`,
      ]);
      tell(`${text} ${say("bulk_failed", { count: done.failed.length })}`, lines);
    }
    return true;
  }

  async #bulkValues(verb, count) {
    const title = say(`bulk_${verb}`, { count });
    if (verb === "claim") return {};
    if (verb === "transfer") return this.#askTransfer(title, "bulk");
    if (verb === "resolve") return this.#askOutcome(title, "bulk", false);
    const value = await this.#askPriority("2");
    return value && { value: Number(value) };
  }

  async #askPriority(chosen, key) {
    const options = PRIORITIES.map((value) => [value, named("priority", value)]);
    const values = await ask({
      title: say("priority"),
      key: `priority ${key}`,
      fields: [field(say("priority"), choice("value", options, String(chosen)))],
      submit: say("do_priority"),
    });
    return values?.value;
  }

  async #askTransfer(title, key) {
    const { operators, teams, me } = this.#desk;
    const others = operators.filter(({ id }) => id !== me.id);
    const people = others.map((one) => make("option", { value: `operator ${one.id}` }, personText(one)));
    const groups = teams.map(({ id, name }) => make("option", { value: `team ${id}` }, name));
    const to = make("select", { name: "to", required: true }, make("option", { value: "" }, say("choose")));
    if (groups.length) to.append(make("optgroup", { label: say("teams") }, ...groups));
    if (people.length) to.append(make("optgroup", { label: say("people") }, ...people));
    if (!groups.length && !people.length) {
      toast({ text: say("nobody_else"), bad: true });
      return null;
    }
    const note = make("textarea", { name: "note", rows: 3 });
    const fields = [field(say("transfer_to"), to), field(say("transfer_note"), note, say("note_hint"))];
    const values = await ask({ title, key: `transfer ${key}`, fields, submit: say("do_transfer") });
    if (!values) return null;
    const [kind, id] = values.to.split(" ");
    return { [kind]: Number.isNaN(Number(id)) ? id : Number(id), note: values.note };
  }

  async #askOutcome(title, key, withText) {
    const options = OUTCOMES.map((code, at) => {
      const box = make("input", { type: "radio", name: "outcome", value: code, checked: !at });
      return make("label", { className: "option" }, box, named("outcome", code));
    });
    const legend = make("legend", {}, say("outcome"));
    const fields = [make("fieldset", {}, legend, ...options)];
    const text = make("textarea", { name: "text", rows: 3 });
    if (withText) fields.push(field(say("resolve_text"), text, say("resolve_hint")));
    return ask({ title, key: `resolve ${key}`, fields, submit: say("do_resolve") });
  }

  #offerUndo(row, { undo, until }) {
    const ms = Math.max(1000, Date.parse(until) - now() || 5000);
    const gone = toast({
      text: say("resolved", { name: nameOf(row) }),
      ms,
      act: [say("undo"), () => take()],
    });
    // The next one may have come meanwhile.
    const end = () => this.#undo === take && (this.#undo = null);
    const take = () => {
      end();
      gone();
      this.#takeBack(undo);
    };
    setTimeout(end, ms);
    this.#undo = take;
  }

  async #takeBack(token) {
    if (await this.send("undo", { token })) toast({ text: say("undone") });
  }
}

/** A refusal in the operator's language. */
export function refused({ code, message }) {
  return code === "offline" ? say("not_connected") : message;
}

export const nameOf = (row) => row?.visitor.name || say("nameless");

function personText({ name, presence, load, capacity }) {
  const parts = [name, named("presence", presence)];
  if (capacity) parts.push(say("load", { load: load ?? 0, capacity }));
  return parts.join(" · ");
}
