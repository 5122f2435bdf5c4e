// What the page was served with, and small ways to build its nodes.

/**
 * @typedef {{cmid: string, type: string, text: string, at: string, attachments?: string[],
 *   files?: Object<string, any>[], seen?: number}} Item
 *   A line of the visitor's on its way to the server; `seen`: the last one that was there before.
 * @typedef {{seq: number, author: string, name: string, text: string, at: string, cmid?: string,
 *   meta: Object<string, any>}} Line
 */

/** @param {string} id */
export const byId = (id) => document.getElementById(id);

const read = (id) => JSON.parse(byId(id).textContent);

/**
 * @type {{site: any, locale: string, starters: string[], characters: number, file_bytes: number,
 *   privacy?: {text: string, url?: string, consent: boolean} | null}}
 */
export const config = read("config");
const strings = read("strings");
// Days and times as the visitor's own region writes them, if it speaks the page's language.
const [tongue] = config.locale.split("-");
const region = navigator.languages.find((tag) => tag.split("-")[0] === tongue) || config.locale;

/** @param {Date} at @param {Intl.DateTimeFormatOptions} options */
export const written = (at, options) => at.toLocaleString(region, options);

/** The sentence of that name in the page's language. */
export function say(name, values = {}) {
  return strings[name].replace(/\{(\w+)\}/g, (_, key) => String(values[key]));
}

/**
 * @param {string} tag
 * @param {Object<string, any>} [properties] names with a dash are set as attributes
 * @param {...(Node | string)} children
 */
export function make(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes("-") || name === "role") node.setAttribute(name, value);
    else node[name] = value;
  }
  node.append(...children);
  return node;
}

/** A button that submits no form. */
export function button(textContent, click, properties) {
  const node = make("button", { type: "button", textContent, ...properties });
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

/** Why nothing is sent: a server that is away is no fault of the visitor's network. */
export const away = () => (navigator.onLine ? "connecting" : "offline");

/** Says a boundary to screen readers, politely. What came right before it is still being read. */
export function announce(text) {
  const said = byId("announcer");
  if (said.children[1]) said.firstChild.remove();
  said.append(make("p", {}, text));
}

// ---- Plain text with a few marks becomes nodes. Never HTML: a reply may quote a stranger.

const MARKS = /\*\*([^*\n]+)\*\*|`([^`\n]+)`|(https?:\/\/[^\s<>"'`（）《》，。；！？、]+)/g;
const ITEM = /^\s*[-•*]\s+/;

/** Paragraphs, "- " lists, **bold**, `code` and links. */
export function rich(text) {
  const made = document.createDocumentFragment();
  let block = null;
  for (const line of text.split("\n")) {
    if (!line.trim()) block = null;
    else if (ITEM.test(line)) {
      if (block?.tagName !== "UL") made.append((block = make("ul")));
      block.append(make("li", {}, ...inline(line.replace(ITEM, ""))));
    } else if (block?.tagName === "P") block.append(make("br"), ...inline(line));
    else made.append((block = make("p", {}, ...inline(line))));
  }
  return made;
}

function inline(line) {
  const made = [];
  let from = 0;
  for (const match of line.matchAll(MARKS)) {
    made.push(line.slice(from, match.index));
    from = match.index + match[0].length;
    if (match[1]) made.push(make("strong", {}, match[1]));
    else if (match[2]) made.push(make("code", {}, match[2]));
    else {
      const address = match[3].replace(/[.,;:!?)\]]+$/, "");
      made.push(link(address, address), match[3].slice(address.length));
    }
  }
  made.push(line.slice(from));
  return made.filter((part) => part !== "");
}

/**
 * A link that opens in a new tab, or plain text when the address is not of the web, or of a host in
 * other letters, which look like those of another one.
 */
export function link(address, title) {
  if (!/^https?:\/\/[\w.:[\]-]+([/?#]|$)/i.test(address)) return title;
  const properties = { href: address, target: "_blank", rel: "noopener noreferrer" };
  return make("a", properties, title, make("span", { className: "sr" }, ` ${say("new_tab")}`));
}
