// What the operator writes: replies and notes, with a draft for every conversation.
import { Box } from "./box.js";
import { toast } from "./dialog.js";
import { Drafts } from "./drafts.js";
import { Files } from "./files.js";
import { Macros } from "./macros.js";
import { button, byId, later, length, make, say, setup, uuid } from "./page.js";
import { stamp } from "./time.js";
import { refused } from "./verbs.js";

const SAVE_MS = 600;
const TYPING_MS = 3000;
const WARN_LEFT = 500;
// A server that is busy asks to be left alone for a moment; the line goes out by itself then.
const TRANSIENT = new Set(["busy", "rate_limited"]);
const RETRY_MS = 2000;

export class Composer {
  #desk;
  #link;
  #hooks;
  /** @type {import("./threads.js").Thread | null} */
  #thread = null;
  #box;
  #files;
  #macros;
  #drafts;
  #typed = 0;
  #save = later(SAVE_MS, () => this.#thread && this.#drafts.save(this.#thread));

  /** @param {{changed: () => void, sent: (thread: any) => void}} hooks */
  constructor(desk, link, hooks) {
    this.#desk = desk;
    this.#link = link;
    this.#hooks = hooks;
    this.#drafts = new Drafts(link);
    this.#box = new Box({
      input: () => this.#written(),
      keys: (event) => this.#macros.key(event),
      send: () => this.send(),
      sends: (event) => this.#sends(event),
    });
    this.#macros = new Macros(this.#box, link, () => this.#thread?.session);
    this.#files = new Files(desk, () => this.#thread, () => this.#check());
    byId("as-reply").addEventListener("click", () => this.mode("reply"));
    byId("as-note").addEventListener("click", () => this.mode("note"));
    byId("composer").addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
  }

  /** The one it writes in from now on; what stands in the box stays with the other. */
  show(thread) {
    this.#save.now();
    this.#thread = thread;
    this.#macros.close();
    this.refresh();
    this.#fill();
  }

  /** A thread was read, at first or anew. */
  met(thread) {
    this.#drafts.meet(thread);
    if (thread === this.#thread && thread.box.isShown) this.#fill();
  }

  /** Who has the conversation has changed: only its owner replies, all may note. */
  refresh() {
    const thread = this.#thread;
    byId("composer").hidden = !thread?.isLoaded;
    if (!thread?.isLoaded) return;
    const { kind } = thread.facts.row;
    const mayReply = kind === "mine";
    const mode = mayReply ? thread.box.mode : "note";
    byId("as-reply").disabled = !mayReply;
    byId("why-note").hidden = mayReply;
    byId("why-note").textContent = mayReply ? "" : say(`why_note_${kind}`);
    for (const name of ["reply", "note"]) {
      byId(`as-${name}`).setAttribute("aria-pressed", String(name === mode));
    }
    byId("composer").dataset.mode = mode;
    byId("text").placeholder = say(`placeholder_${mode}`);
    byId("text-label").textContent = say(`label_${mode}`);
    byId("send").lastElementChild.textContent = say(mode === "note" ? "add_note" : "send");
    byId("attach").hidden = mode === "note" || !setup.attachments;
    if (this.#shownMode !== mode) this.#fill(mode);
    this.#files.show();
    this.#clash();
    this.#check();
  }

  #shownMode = "";

  get #mode() {
    return this.#thread?.facts.row?.kind === "mine" ? this.#thread.box.mode : "note";
  }

  mode(mode) {
    if (!this.#thread) return;
    this.#thread.box.mode = mode;
    this.refresh();
    this.focus();
  }

  focus() {
    this.#box.focus();
  }

  get isEmpty() {
    return !this.#box.text.trim();
  }

  /** Puts a text at the cursor, as a reply. */
  insert(text) {
    if (this.#thread.facts.row.kind === "mine") this.mode("reply");
    this.#box.insert(text);
  }

  /** Back into the box, before what was typed since: a line that was not taken. */
  restore(thread, item) {
    thread.pending.delete(item.cmid);
    const { box } = thread;
    this.#drafts.write(thread, item.mode, [item.text, box[item.mode]].filter(Boolean).join("\n"));
    this.#drafts.save(thread);
    box.files = [...item.attachments, ...box.files];
    box.editing ??= item.suggestion;
    if (thread !== this.#thread) return;
    this.refresh();
    this.#fill();
    this.focus();
  }

  send(anyway = false) {
    const thread = this.#thread;
    const text = this.#box.text.trim();
    if (!thread || byId("send").disabled) return;
    const mode = this.#mode;
    const { box } = thread;
    const attachments = mode === "reply" ? box.files.filter(({ id }) => id) : [];
    const at = new Date().toISOString();
    const item = { cmid: uuid(), mode, text, attachments, at, status: "sending" };
    item.seen = anyway ? thread.last : box.seen || thread.last;
    item.anyway = anyway;
    item.draft = box.stamps[mode];
    item.suggestion = box.editing;
    if (mode === "reply") Object.assign(box, { files: [], clash: null, editing: null });
    box[mode] = "";
    thread.pending.set(item.cmid, item);
    this.#fill();
    this.#files.show();
    this.#clash();
    this.post(thread, item);
    this.#hooks.changed(true);
    this.focus();
  }

  /** Sends a line, and again under the same id as long as the server is only busy. */
  async post(thread, item) {
    item.status = "sending";
    thread.pending.set(item.cmid, item);
    this.#hooks.changed();
    const { session } = thread;
    const { text, cmid, mode, draft } = item;
    const body = { session, text, cmid, draft };
    const { seen: seen_seq, anyway, suggestion } = item;
    if (mode === "reply") Object.assign(body, { seen_seq, anyway, suggestion });
    if (item.attachments.length) body.attachments = item.attachments.map(({ id }) => id);
    try {
      await this.#link.ask(mode === "note" ? "note" : "send", body, true);
      this.#landed(thread, item);
    } catch (refusal) {
      this.#failed(thread, item, refusal);
    }
    this.#hooks.changed();
  }

  #landed(thread, item) {
    item.status = "sent";
    // A line comes back under its cmid; a note has none.
    if (item.mode === "note") thread.pending.delete(item.cmid);
    if (item.mode === "reply") this.#hooks.sent(thread);
    this.#drafts.sent(thread, item);
  }

  #failed(thread, item, refusal) {
    if (TRANSIENT.has(refusal.code)) {
      const ms = (refusal.facts.retry_after || 0) * 1000 || RETRY_MS;
      setTimeout(() => this.post(thread, item), ms);
      return;
    }
    const detail = refused(refusal);
    if (refusal.code === "unseen") thread.box.clash = { message: refusal.facts.message };
    this.restore(thread, item);
    if (refusal.code !== "unseen") toast({ text: detail, bad: true });
  }

  #written() {
    const thread = this.#thread;
    if (!thread) return;
    const mode = this.#mode;
    this.#drafts.write(thread, mode, this.#box.text);
    if (mode === "reply") thread.box.seen = thread.last;
    if (Date.now() - this.#typed > TYPING_MS) {
      this.#typed = Date.now();
      this.#link.tell("typing", { session: thread.session });
    }
    this.#macros.look();
    this.#check();
    this.#save();
  }

  #fill(mode = this.#mode) {
    this.#shownMode = mode;
    const text = this.#thread?.box[mode] || "";
    if (this.#box.text !== text) this.#box.text = text;
    this.#check();
  }

  /** Whether it can be sent, and why not. */
  #check() {
    const mode = this.#mode;
    const text = this.#box.text.trim();
    const left = this.#desk.limits[mode] - length(text);
    const files = mode === "reply" ? this.#thread?.box.files || [] : [];
    const unfilled = mode === "reply" ? [...new Set(this.#box.unfilled)] : [];
    const isBusy = files.some(({ id }) => !id);
    byId("send").disabled = (!text && !files.length) || left < 0 || isBusy || unfilled.length > 0;
    const name = left < 0 ? "characters_over" : "characters_left";
    byId("count").textContent = left < WARN_LEFT ? say(name, { count: Math.abs(left) }) : "";
    byId("text").ariaInvalid = String(left < 0);
    this.#ask(unfilled);
  }

  #ask(unfilled) {
    const place = byId("unfilled");
    place.hidden = !unfilled.length;
    const shown = unfilled.join(" ");
    if (place.dataset.shown === shown) return;
    place.dataset.shown = shown;
    const marks = unfilled.map((part) => button(part, () => this.#box.mark(part), { className: "small" }));
    place.replaceChildren(make("span", {}, say("fill_in")), ...marks);
  }

  /** A colleague's reply that was not there when this one was typed. */
  #clash() {
    const place = byId("clash");
    const { clash } = this.#thread.box;
    place.hidden = !clash || this.#mode !== "reply";
    if (place.hidden) return;
    const { name = "", text = "", at = "" } = clash.message || {};
    const said = make("blockquote", {}, make("bdi", {}, text.slice(0, 400)));
    const title = make("p", {}, make("b", {}, say("clash", { name })), " ", at && stamp(at));
    const over = (act) => () => {
      this.#thread.box.clash = null;
      act();
      this.#clash();
      this.focus();
    };
    const discard = () => {
      this.#drafts.write(this.#thread, "reply", "");
      this.#drafts.save(this.#thread);
      this.#fill();
    };
    const buttons = make(
      "div",
      { className: "buttons" },
      button(say("discard"), over(discard)),
      button(say("keep_editing"), over(() => {})),
      button(say("send_anyway"), over(() => this.send(true)), { className: "main" }),
    );
    place.replaceChildren(title, said, buttons);
  }

  #sends(event) {
    if (event.ctrlKey || event.metaKey) return !event.shiftKey;
    return this.#desk.settings.send_with === "enter" && !event.shiftKey && !event.altKey;
  }
}
