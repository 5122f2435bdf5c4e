// Dialogs that lose nothing, and short notices with a way back.
import { announce, button, byId, icon, make, say } from "./page.js";

/** What was typed in a dialog that was left, by its key. @type {Map<string, Object<string, any>>} */
const kept = new Map();
let count = 0;

/**
 * A modal dialog. Focus goes back to where it came from when it closes.
 * @param {{title: string, body: any[], className?: string, closed?: () => void}} parts
 */
export function open({ title, body, className = "", closed }) {
  const id = `dialog-${(count += 1)}`;
  const node = make("dialog", { className, "aria-labelledby": id });
  const close = button("", () => node.close(), { className: "icon", title: say("close") });
  close.ariaLabel = say("close");
  close.append(icon("close"));
  node.append(make("header", {}, make("h2", { id }, title), close), ...body);
  node.addEventListener("close", () => {
    node.remove();
    closed?.();
  });
  // A click beside it.
  node.addEventListener("click", ({ target }) => target === node && node.close());
  document.body.append(node);
  node.showModal();
  return node;
}

/**
 * A form in a dialog; resolves with its values, null when it is left. What was typed comes back
 * when it is opened again under the same key.
 * @param {{title: string, key: string, fields: Node[], submit: string, danger?: boolean}} parts
 * @returns {Promise<Object<string, any> | null>}
 */
export function ask({ title, key, fields, submit, danger = false }) {
  return new Promise((resolve) => {
    let answer = null;
    const form = make("form", { noValidate: false }, ...fields);
    const cancel = button(say("cancel"), () => form.closest("dialog").close());
    const go = make("button", { type: "submit", className: danger ? "main danger" : "main" }, submit);
    form.append(make("div", { className: "buttons" }, cancel, go));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      answer = Object.fromEntries(new FormData(form));
      kept.delete(key);
      form.closest("dialog").close();
    });
    form.addEventListener("input", () => kept.set(key, Object.fromEntries(new FormData(form))));
    open({ title, body: [form], closed: () => resolve(answer) });
    restore(form, kept.get(key));
    form.querySelector("input:checked, textarea, select, input")?.focus();
  });
}

function restore(form, values = {}) {
  for (const [name, value] of Object.entries(values)) {
    const field = form.elements[name];
    if (field) field.value = value;
  }
}

/** Says what could not be done, line by line. */
export function tell(title, lines) {
  const list = make("ul", {}, ...lines.map((parts) => make("li", {}, ...parts)));
  const node = open({ title, body: [list] });
  node.append(make("div", { className: "buttons" }, button(say("ok"), () => node.close())));
}

export function field(label, input, hint = "") {
  const id = (input.id ||= `field-${(count += 1)}`);
  const note = hint && make("small", { id: `${id}-hint` }, hint);
  if (note) input.setAttribute("aria-describedby", note.id);
  return make("p", { className: "field" }, make("label", { htmlFor: id }, label), input, note);
}

/** @param {[string, string][]} options value and label */
export function choice(name, options, chosen) {
  const list = options.map(([value, label]) => make("option", { value }, label));
  const node = make("select", { name }, ...list);
  if (chosen !== undefined) node.value = chosen;
  return node;
}

const TOAST_MS = 6000;

/**
 * A short notice; at most one with an action at a time. It stays while it is pointed at.
 * @param {{text: string, bad?: boolean, ms?: number, act?: [string, () => void]}} parts
 */
export function toast({ text, bad = false, ms = TOAST_MS, act }) {
  const node = make("div", { className: bad ? "toast bad" : "toast" }, make("p", {}, text));
  const gone = () => {
    clearTimeout(timer);
    node.remove();
  };
  let timer = 0;
  const start = () => (timer = setTimeout(gone, ms));
  if (act) {
    const [label, call] = act;
    node.append(button(label, () => (gone(), call()), { className: "main" }));
  }
  const close = button("", gone, { className: "icon", title: say("close") });
  close.ariaLabel = say("close");
  close.append(icon("close"));
  node.append(close);
  // What can be undone ends when the server says so, whoever points at it.
  if (!act) {
    node.addEventListener("pointerenter", () => clearTimeout(timer));
    node.addEventListener("pointerleave", start);
  }
  byId("toasts").append(node);
  announce(text);
  start();
  return gone;
}
