// What the page was served with, and small ways to build its nodes.

/** @param {string} id @returns {any} */
export const byId = (id) => document.getElementById(id);

const read = (id) => JSON.parse(byId(id).textContent);

/**
 * `texts` by name; `actions` by name: what each is called in the page's language, then in the other.
 * @type {{language: string, texts: Object<string, string>, actions: Object<string, string[]>}}
 */
export const words = read("words");
/** `attachments` is empty where there are none. @type {{socket: string, attachments: string, admin: string}} */
export const setup = read("setup");

/** The sentence of that name in the page's language. */
export function say(name, values = {}) {
  return words.texts[name].replace(/\{(\w+)\}/g, (_, key) => String(values[key]));
}

/** The same for names put together from what the server says, which may be newer than the page. */
export const named = (group, code) => words.texts[`${group}_${code}`] ?? String(code);

const tongues = new Intl.DisplayNames(words.language, { type: "language" });

/** A language by its name, from a tag that a browser gave. */
export function tongue(tag) {
  try {
    return tag && tongues.of(tag);
  } catch {
    return tag;
  }
}

/**
 * @param {string} tag
 * @param {Object<string, any>} [properties] names with a dash are set as attributes
 * @param {...(Node | string | null | undefined | false)} children what is empty is left out
 * @returns {any}
 */
export function make(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes("-") || name === "role") node.setAttribute(name, value);
    else node[name] = value;
  }
  node.append(...children.filter(Boolean));
  return node;
}

/** A button that submits no form. */
export function button(text, click, properties = {}) {
  const node = make("button", { type: "button", ...properties }, text);
  node.addEventListener("click", click);
  return node;
}

/** One of the pictures that the page defines. */
export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(space, "use");
  use.setAttribute("href", `#icon-${name}`);
  svg.append(use);
  return svg;
}

/** Names and words of strangers, whose direction must not turn what stands around them. */
export const bdi = (text) => make("bdi", {}, text);

export function badge(text, kind = "") {
  return make("span", { className: `badge ${kind}` }, text);
}

/** A random UUID; `crypto.randomUUID` is missing where the page came over plain HTTP. */
export function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** Characters as the server counts them: an emoji is one or more, never half of one. */
export const length = (text) => [...text].length;

// An input method's Enter: Safari reports it after the composition has ended, with this code.
const IME_KEY_CODE = 229;
export const isComposing = (event) => event.isComposing || event.keyCode === IME_KEY_CODE;

/** Says it to those who do not see the page. What came right before is still being read. */
export function announce(text) {
  const said = byId("announcer");
  if (said.children[1]) said.firstChild.remove();
  said.append(make("p", {}, text));
}

/** What this browser keeps of the operator's choices; without storage, nothing. */
export function remembered(name, fallback) {
  try {
    return localStorage.getItem(`console:${name}`) ?? fallback;
  } catch {
    return fallback;
  }
}

export function remember(name, value) {
  try {
    localStorage.setItem(`console:${name}`, value);
  } catch {
    // Storage is full or forbidden: the next page begins with the defaults.
  }
}

/** Calls once, so long after the last request. `now` calls at once what waits. */
export function later(ms, act) {
  let timer = 0;
  const now = () => {
    if (!timer) return;
    clearTimeout(timer);
    timer = 0;
    act();
  };
  const ask = () => {
    clearTimeout(timer);
    timer = setTimeout(now, ms);
  };
  return Object.assign(ask, { now });
}
