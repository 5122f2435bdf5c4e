// What the visitor writes with: the text box, and the form for a message to the team.
import { away, byId, length, make, say } from "./page.js";

const TALLEST_PX = 120;
const WARN_LEFT = 200;
const KEEP_AFTER_MS = 300;
// An input method's Enter: Safari reports it after the composition has ended, with this code.
const IME_KEY_CODE = 229;

/** The text box: grows, counts, and knows when Enter belongs to an input method. */
export class Composer {
  #text = byId("text");
  #count = byId("count");
  #button = byId("send");
  #characters;
  #send;
  #keep;
  #timer = 0;

  /**
   * @param {number} characters at most
   * @param {(text: string) => boolean} send false when it cannot be taken now
   * @param {(draft: string | null) => void} keep what is being written, for the next page
   */
  constructor(characters, send, keep) {
    this.#characters = characters;
    this.#send = send;
    this.#keep = keep;
    // It has no height while the panel is closed.
    for (const name of ["input", "focus"]) {
      this.#text.addEventListener(name, () => this.#changed());
    }
    this.#text.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey) return;
      if (event.isComposing || event.keyCode === IME_KEY_CODE) return;
      event.preventDefault();
      this.#submit();
    });
    byId("composer").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
      this.focus();
    });
    this.#changed();
  }

  focus() {
    this.#text.focus({ preventScroll: true });
  }

  /** Puts a text in the box, before what was typed there; nothing typed is lost. */
  fill(text) {
    const { value } = this.#text;
    if (value.startsWith(text)) return;
    this.#text.value = [text, value].filter(Boolean).join("\n");
    this.#changed();
  }

  clear() {
    this.#text.value = "";
    this.#changed();
  }

  #submit() {
    const text = this.#text.value.trim();
    if (!text || length(text) > this.#characters || !this.#send(text)) return;
    this.clear();
  }

  #changed() {
    const text = this.#text;
    const { value } = text;
    text.style.blockSize = "auto";
    if (value && text.scrollHeight) text.style.blockSize = `${Math.min(TALLEST_PX, text.scrollHeight)}px`;
    const size = length(value.trim());
    const left = this.#characters - size;
    const name = left < 0 ? "characters_over" : "characters_left";
    this.#count.textContent = left < WARN_LEFT ? say(name, { count: Math.abs(left) }) : "";
    this.#count.className = left < 0 ? "error" : "note";
    text.ariaInvalid = left < 0;
    this.#button.disabled = !size || left < 0;
    clearTimeout(this.#timer);
    // An empty one at once: what was sent must not come back.
    this.#timer = setTimeout(() => this.#keep(value || null), value ? KEEP_AFTER_MS : 0);
  }
}

const FIELDS = [
  { name: "name", type: "text", most: 100 },
  { name: "email", type: "email", most: 254 },
  { name: "phone", type: "tel", autocomplete: "tel", most: 40 },
  { name: "text", rows: 3 },
];

/** It keeps what was typed until the server has taken it. */
export class ContactForm {
  #fields = new Map();
  #errors = new Map();
  #status = make("p", { className: "note", id: "contact-status", role: "status" });
  #button = make("button", { type: "submit", className: "main", textContent: say("form_send") });
  #send;

  /**
   * @param {Object<string, string>} values what it begins with
   * @param {(values: Object<string, string>) => void} send
   */
  constructor(title, values, send) {
    this.#send = send;
    const heading = make("h2", { id: "contact-title" }, title);
    const properties = { className: "contact", noValidate: true };
    this.node = make("form", { ...properties, "aria-labelledby": "contact-title" }, heading);
    this.node.append(...FIELDS.map((field) => this.#row(field, values)), this.#status, this.#button);
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
  wait(isUp) {
    this.#lock(true);
    this.#status.textContent = say(isUp ? "sending" : away());
  }

  /** The server would not take it, for what stands in a field. */
  refuse(detail, field = "text") {
    this.#lock(false);
    this.#status.textContent = "";
    this.#mark({ [field]: detail });
  }

  #lock(locked) {
    for (const field of this.#fields.values()) field.readOnly = locked;
    this.#button.disabled = locked;
  }

  #row({ name, type, autocomplete = name, most, rows }, values) {
    const id = `contact-${name}`;
    const error = make("span", { id: `${id}-error`, className: "error" });
    const field = make(rows ? "textarea" : "input", rows ? { rows } : { type, autocomplete });
    Object.assign(field, { id, name, value: values[name] || "", ...(most ? { maxLength: most } : {}) });
    field.setAttribute("aria-describedby", `${error.id} contact-status`);
    this.#fields.set(name, field);
    this.#errors.set(name, error);
    return make("p", {}, make("label", { htmlFor: id }, say(`form_${name}`)), field, error);
  }

  #submit() {
    const { values } = this;
    if (!this.#mark(check(values))) this.#send(values);
  }

  /** Says at each field what is wrong with it, and goes to the first. */
  #mark(wrong) {
    for (const [name, error] of this.#errors) {
      error.textContent = wrong[name] || "";
      this.#fields.get(name).ariaInvalid = Boolean(wrong[name]);
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
