// Forms and cards under a line: fetched when the first is asked for. Words alone do it all as well.
// Stands for itself: what it shares with the frame is handed to it, and its sentences come with it.

const MOST = 500;
const BUTTONS = 12;
// An input method's Enter: Safari reports it after the composition has ended, with this code.
const IME_ENTER = 229;
// A second Enter in a row, meant for what was there before, is no yes.
const HASTE_MS = 500;
// What brings up the right keyboard, and keeps the browser from improving what is typed.
const INPUTS = {
  email: { type: "email", autocomplete: "email" },
  tel: { type: "tel", autocomplete: "tel" },
  phone_tail: { inputMode: "numeric", autocomplete: "off", maxLength: 20 },
  number: { inputMode: "decimal", autocomplete: "off" },
  date: { type: "date" },
  order_id: { autocomplete: "off", autocapitalize: "characters", spellcheck: false },
};
const CONTACT = [
  { name: "name", type: "text", maxLength: 100 },
  { name: "email", type: "email", maxLength: 254 },
  { name: "phone", type: "tel", autocomplete: "tel", maxLength: 40 },
  { name: "text", rows: 3 },
];

let kit;
let said;
/** Where the focus was put when a form was sent, until the next one comes. */
let left = null;
const say = (name, example) => said[name].replace("{example}", () => example);

/**
 * Gets ready once: `shared` is what the frame lends, its language among it; `leave` puts the focus
 * where it belongs when what has it goes away.
 * @param {{make: Function, button: Function, leave: () => void, locale: string}} shared
 */
export function prepare(shared) {
  kit = shared;
  said = words[shared.locale];
}

/** What a form or card holds, for who hears it: the lines above the text box are far from the ear. */
export function heard(node) {
  const parts = node.querySelectorAll("h2, label, .label, dl > div, button");
  return [...parts].map((part) => part.textContent.trim()).join(", ");
}

const note = (id, example) => kit.make("p", { id, className: "note" }, say("example", example));

/** Enter in a field submits, unless it is an input method's. */
function asking(tag, properties, submit, ...children) {
  const node = kit.make(tag, properties, ...children);
  node.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    const isHeld = event.isComposing || event.keyCode === IME_ENTER || event.repeat;
    const isInField = event.target.matches("input");
    // A browser submits a form of several fields by itself only where it has a button for that.
    if (isHeld || isInField) event.preventDefault();
    if (isInField && !isHeld) submit();
  });
  node.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  return node;
}

/** It is sent and can be used no more; the focus waits for what comes next. */
function leave(node) {
  const { activeElement } = document;
  if (!node.contains(activeElement)) return;
  kit.leave();
  left = { at: document.activeElement, wasTyping: activeElement.matches("input, select") };
  left.at.addEventListener("input", () => (left = null), { once: true });
}

/** Goes to what is to be filled in or pressed next, unless the visitor went elsewhere. */
function goOn(node) {
  const from = left;
  left = null;
  if (!node || from?.at !== document.activeElement) return;
  // On a phone it would bring up the keyboard.
  const needsKeyboard = node.matches("input") && matchMedia("(pointer: coarse)").matches;
  if (from.wasTyping || !needsKeyboard) node.focus({ preventScroll: true });
}

/** A question of a flow. It is answered once, and again only when the server would not take it. */
class Question {
  #send;

  /** @param {(text: string, fields: Object<string, string>) => boolean} send */
  constructor(send) {
    this.#send = send;
  }

  give(text, fields) {
    if (!this.#send(text, fields)) return;
    leave(this.node);
    this.#lock(true);
  }

  free() {
    this.#lock(false);
  }

  /** For who does not have what the slot asks for. */
  lack(slot) {
    const text = say("lack");
    return kit.button(text, () => this.give(text, { lack: slot }), { className: "quiet" });
  }

  #lock(isLocked) {
    for (const part of this.node.querySelectorAll("button, input, select")) part.disabled = isLocked;
  }
}

/** One detail of a flow: a labelled input, or a button for each of a few options. */
export class SlotForm extends Question {
  #input;
  #slot;

  /**
   * @param {{slot: string, type: string, label: string, example?: string, error?: string,
   *   options?: {label: string, value: string}[], lack?: boolean}} asked
   * @param {number} seq of the line that asks
   * @param {(text: string, fields: Object<string, string>) => boolean} send
   */
  constructor(asked, seq, send) {
    super(send);
    this.#slot = asked.slot;
    const id = `slot-${seq}`;
    const below = [
      asked.error && kit.make("p", { id: `${id}-error`, className: "error" }, asked.error),
      asked.example && !asked.options?.length && note(`${id}-note`, asked.example),
    ].filter(Boolean);
    const describedBy = below.map((each) => each.id).join(" ");
    const body = this.#isList(asked)
      ? this.#choices(asked, id, describedBy)
      : this.#field(asked, id, describedBy);
    const properties = { className: "ask", noValidate: true };
    this.node = asking("form", properties, () => this.#submit(), ...body, ...below);
    if (asked.lack) this.node.append(this.lack(asked.slot));
  }

  /** It stands where it can be seen. */
  arrived() {
    goOn(this.node.querySelector("input, select, button"));
  }

  /** Another question has taken its place. */
  retire() {
    this.node.remove();
  }

  #isList({ options }) {
    return options?.length && options.length <= BUTTONS;
  }

  #choices({ label, options }, id, describedBy) {
    const buttons = options.map((option) =>
      kit.button(option.label, () => this.give(option.label, { [this.#slot]: option.value })),
    );
    const group = { className: "row", role: "group", "aria-labelledby": id };
    if (describedBy) group["aria-describedby"] = describedBy;
    return [kit.make("p", { id, className: "label" }, label), kit.make("div", group, ...buttons)];
  }

  #field({ label, type, options, error }, id, describedBy) {
    const properties = { id, type: "text", maxLength: MOST, ...INPUTS[type] };
    this.#input = kit.make(options?.length ? "select" : "input", options?.length ? { id } : properties);
    // Nothing is chosen for the visitor.
    if (options?.length) this.#input.append(kit.make("option", { value: "" }, say("choose")));
    for (const option of options || []) {
      this.#input.append(kit.make("option", { value: option.value }, option.label));
    }
    this.#input.setAttribute("aria-invalid", String(Boolean(error)));
    if (describedBy) this.#input.setAttribute("aria-describedby", describedBy);
    const submit = kit.make("button", { type: "submit", className: "main" }, say("give"));
    const row = kit.make("div", { className: "field" }, this.#input, submit);
    return [kit.make("label", { htmlFor: id }, label), row];
  }

  #submit() {
    const value = this.#input?.value.trim();
    // Of a list what stands in it is said, not what it stands for.
    const text = this.#input?.selectedOptions?.[0].label || value;
    if (value) this.give(text, { [this.#slot]: value });
    else this.#input?.focus();
  }
}

/** What is about to be done, in full, with its yes and its no. */
export class Card extends Question {
  #id;
  #yes;
  /** What is to be pressed or filled in; goes when the card is over. */
  #answers;
  #inputs = new Map();
  #shownAt = 0;

  /**
   * @param {{id: string, title: string, rows: {label: string, value: string}[],
   *   fields?: {slot: string, type: string, label: string, example?: string, lack?: boolean}[]}}
   *   confirm what is typed into `fields` counts with the yes
   * @param {number} seq of the line that asks
   * @param {(text: string, fields: Object<string, string>) => boolean} send
   */
  constructor({ id, title, rows, fields = [] }, seq, send) {
    super(send);
    this.#id = id;
    const label = `card-${seq}`;
    const list = kit.make("dl", { id: `${label}-rows` });
    for (const row of rows) {
      const term = kit.make("dt", {}, row.label);
      list.append(kit.make("div", {}, term, " ", kit.make("dd", {}, row.value), " "));
    }
    const main = { className: "main", "aria-describedby": list.id };
    this.#yes = kit.button(say("yes"), (event) => this.#agree(event), main);
    const no = kit.button(say("no"), () => this.#answer("no"));
    const row = kit.make("div", { className: "row" }, this.#yes, no);
    this.#answers = [...fields.map((field) => this.#proof(field, seq)), row];
    const heading = kit.make("h2", { id: label }, title);
    const group = { className: "ask card", role: "group", "aria-labelledby": label };
    this.node = asking("div", group, () => this.#submit(), heading, list, ...this.#answers);
  }

  /** What it said stays to be read. */
  retire() {
    for (const part of this.#answers) part.remove();
  }

  arrived() {
    this.#shownAt = Date.now();
    goOn(this.#empty() || this.#yes);
  }

  #proof({ slot, type, label, example, lack }, seq) {
    const id = `card-${seq}-${slot}`;
    const input = kit.make("input", { id, type: "text", maxLength: MOST, ...INPUTS[type] });
    this.#inputs.set(slot, input);
    const row = kit.make("div", { className: "proof" }, kit.make("label", { htmlFor: id }, label), input);
    if (example) row.append(note(`${id}-note`, example));
    if (example) input.setAttribute("aria-describedby", `${id}-note`);
    if (lack) row.append(this.lack(slot));
    return row;
  }

  #empty() {
    return [...this.#inputs.values()].find((input) => !input.value.trim());
  }

  /** Enter in a field: to the next that is empty, and after the last one it is the yes. */
  #submit() {
    const empty = this.#empty();
    if (!empty) this.#answer("yes");
    else if (empty === document.activeElement) this.#yes.focus();
    else empty.focus();
  }

  /** `detail` counts the clicks of a pointer; a key makes one without. */
  #agree({ detail }) {
    if (detail || Date.now() - this.#shownAt > HASTE_MS) this.#answer("yes");
  }

  #answer(answer) {
    const given = {};
    for (const [slot, input] of answer === "yes" ? this.#inputs : []) {
      if (input.value.trim()) given[slot] = input.value.trim();
    }
    this.give(say(answer), { ...given, confirm: this.#id, answer });
  }
}

/** A message to the team. It keeps what was typed until the server has taken it. */
export class ContactForm {
  #fields = new Map();
  #errors = new Map();
  #status = kit.make("p", { className: "note", id: "contact-status", role: "status" });
  #button = kit.make("button", { type: "submit", className: "main" }, say("form_send"));
  #send;

  /**
   * @param {Object<string, string>} values what it begins with
   * @param {(values: Object<string, string>) => void} send
   */
  constructor(title, values, send) {
    this.#send = send;
    const heading = kit.make("h2", { id: "contact-title" }, title || say("form_title"));
    const properties = { className: "contact", noValidate: true };
    this.node = kit.make("form", { ...properties, "aria-labelledby": "contact-title" }, heading);
    this.node.append(...CONTACT.map((field) => this.#row(field, values)), this.#status, this.#button);
    this.node.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
  }

  get values() {
    const values = {};
    for (const [name, field] of this.#fields) values[name] = field.value.trim();
    return values;
  }

  /** It waits for the server; nothing can be changed meanwhile. */
  wait(status) {
    this.#lock(true);
    this.#status.textContent = status;
  }

  /** The server would not take it, for what stands in a field. */
  refuse(detail, field = "text") {
    this.#lock(false);
    this.#status.textContent = "";
    this.#mark({ [field]: detail });
  }

  #lock(isLocked) {
    for (const field of this.#fields.values()) field.readOnly = isLocked;
    this.#button.disabled = isLocked;
  }

  #row({ name, autocomplete = name, rows, ...properties }, values) {
    const id = `contact-${name}`;
    const error = kit.make("span", { id: `${id}-error`, className: "error" });
    const field = rows ? kit.make("textarea", { rows }) : kit.make("input", { autocomplete, ...properties });
    Object.assign(field, { id, name, value: values[name] || "" });
    field.setAttribute("aria-describedby", `${error.id} contact-status`);
    this.#fields.set(name, field);
    this.#errors.set(name, error);
    return kit.make("p", {}, kit.make("label", { htmlFor: id }, say(`form_${name}`)), field, error);
  }

  #submit() {
    const { values } = this;
    if (!this.#mark(check(values))) this.#send(values);
  }

  /** Says at each field what is wrong with it, and goes to the first. */
  #mark(wrong) {
    for (const [name, error] of this.#errors) {
      error.textContent = wrong[name] || "";
      this.#fields.get(name).setAttribute("aria-invalid", String(Boolean(wrong[name])));
    }
    const first = this.node.querySelector("[aria-invalid=true]");
    first?.focus();
    return first;
  }
}

/** What is missing, and what no server would take; its word on the rest is the last. */
const check = ({ email, phone, text }) => ({
  ...(!email && !phone && { email: say("form_either") }),
  ...(/^[^@]+$/.test(email) && { email: say("form_wrong") }),
  ...(/\p{L}/u.test(phone) && { phone: say("form_wrong") }),
  ...(!text && { text: say("form_text_missing") }),
});
