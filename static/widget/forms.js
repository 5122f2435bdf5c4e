// Forms and cards under a line: fetched when the first is asked for. Words alone do it all as well.
// Stands for itself: what it shares with the frame is handed to it, and its sentences come with it.

const MOST = 500;
const BUTTONS = 12;
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
const say = (name, example) => said[name].replace("{example}", () => example);

/**
 * Gets ready once: `shared` is what the frame lends, its language among it.
 * @param {{make: Function, button: Function, locale: string}} shared
 */
export function prepare(shared) {
  kit = shared;
  said = words[shared.locale];
  const href = new URL("forms.css", import.meta.url).href;
  const sheet = kit.make("link", { rel: "stylesheet", href });
  const ready = new Promise((resolve) => (sheet.onload = sheet.onerror = resolve));
  document.head.append(sheet);
  return ready;
}

const note = (id, example) => kit.make("p", { id, className: "note" }, say("example", example));

/** One detail of a flow: a labelled input, or a button for each of a few options. */
export class SlotForm {
  #input;
  #send;
  #slot;

  /**
   * @param {{slot: string, type: string, label: string, example?: string, error?: string,
   *   options?: {label: string, value: string}[], lack?: boolean}} form
   * @param {number} seq of the line that asks
   * @param {(text: string, fields: Object<string, string>) => boolean} send
   */
  constructor(form, seq, send) {
    this.#send = send;
    this.#slot = form.slot;
    const id = `slot-${seq}`;
    const below = [
      form.error && kit.make("p", { id: `${id}-error`, className: "error" }, form.error),
      form.example && !form.options?.length && note(`${id}-note`, form.example),
    ].filter(Boolean);
    const describedBy = below.map((each) => each.id).join(" ");
    const body = this.#isList(form)
      ? this.#choices(form, id, describedBy)
      : this.#field(form, id, describedBy);
    this.node = kit.make("form", { className: "ask", noValidate: true }, ...body, ...below);
    if (form.lack) this.node.append(this.#lack());
    this.node.addEventListener("submit", (event) => {
      event.preventDefault();
      const value = this.#input?.value.trim();
      if (value) this.#give(value, { [this.#slot]: value });
      else this.#input?.focus();
    });
  }

  /** The server would not take the line: it may be tried again. */
  free() {
    this.#lock(false);
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
      kit.button(option.label, () => this.#give(option.label, { [this.#slot]: option.value })),
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

  #lack() {
    const text = say("lack");
    return kit.button(text, () => this.#give(text, { lack: this.#slot }), { className: "quiet" });
  }

  #give(text, fields) {
    this.#lock(true);
    if (!this.#send(text, fields)) this.#lock(false);
  }

  #lock(isLocked) {
    for (const each of this.node.elements) each.disabled = isLocked;
  }
}

/** What is about to be done, in full, with its yes and its no. */
export class Card {
  #row;
  #inputs = new Map();

  /**
   * @param {{id: string, title: string, rows: {label: string, value: string}[],
   *   fields?: {slot: string, type: string, label: string, example?: string}[]}} confirm what is
   *   typed into `fields` counts with the yes
   * @param {number} seq of the line that asks
   * @param {(text: string, fields: Object<string, string>) => boolean} send
   */
  constructor({ id, title, rows, fields = [] }, seq, send) {
    const label = `card-${seq}`;
    const list = kit.make("dl");
    for (const row of rows) {
      const term = kit.make("dt", {}, row.label);
      list.append(kit.make("div", {}, term, kit.make("dd", {}, row.value)));
    }
    const answer = (name, properties) =>
      kit.button(
        say(name),
        () => {
          this.#lock(true);
          const given = name === "yes" ? this.#given() : {};
          if (!send(say(name), { ...given, confirm: id, answer: name })) this.#lock(false);
        },
        properties,
      );
    this.#row = kit.make("div", { className: "row" }, answer("yes", { className: "main" }), answer("no"));
    const group = { className: "ask card", role: "group", "aria-labelledby": label };
    const heading = kit.make("h2", { id: label }, title);
    const proofs = fields.map((field) => this.#proof(field, seq));
    this.node = kit.make("div", group, heading, list, ...proofs, this.#row);
  }

  free() {
    this.#lock(false);
  }

  /** What it said stays to be read. */
  retire() {
    this.#row.remove();
    for (const input of this.#inputs.values()) input.parentElement.remove();
  }

  #proof({ slot, type, label, example }, seq) {
    const id = `card-${seq}-${slot}`;
    const input = kit.make("input", { id, type: "text", maxLength: MOST, ...INPUTS[type] });
    this.#inputs.set(slot, input);
    const row = kit.make("div", { className: "proof" }, kit.make("label", { htmlFor: id }, label), input);
    if (example) row.append(note(`${id}-note`, example));
    if (example) input.setAttribute("aria-describedby", `${id}-note`);
    return row;
  }

  #given() {
    const given = {};
    for (const [slot, input] of this.#inputs) {
      if (input.value.trim()) given[slot] = input.value.trim();
    }
    return given;
  }

  #lock(isLocked) {
    for (const each of [...this.#row.children, ...this.#inputs.values()]) each.disabled = isLocked;
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
