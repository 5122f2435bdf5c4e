// Files: on their way up, beside the text box, and in the transcript. Fetched with the first one.

const UPLOAD = "/api/v1/chat/attachments";
const MOST = 5;
// The server's addresses work for an hour.
const FRESH_MS = 50 * 60 * 1000;
const TRIES = 3;
const AGAIN_MS = 1000;
const KIB = 1024;

let kit;
let said;
/** The files that go with the next line. @type {Tray} */
export let files;
const say = (name, values = {}) =>
  said[name].replace(/\{(\w+)\}/g, (_, key) => String(values[key]));

/** @param {Object<string, any>} shared */
export function prepare(shared) {
  kit = shared;
  said = words[shared.locale];
  files = new Tray();
}

/**
 * Puts files where they belong: pictures as such, others as a name that is saved by a click.
 * @param {HTMLElement} place
 * @param {{id: string, name: string, bytes: number, image: boolean, url: string, width?: number,
 *   height?: number}[]} found
 */
export function show(place, found) {
  place.replaceChildren(...found.map((file) => (file.image ? picture(file) : named(file))));
}

function named(file) {
  const name = kit.make("bdi", {}, file.name);
  const size = kit.make("span", { className: "note" }, sized(file.bytes));
  return saved(file, "file", kit.icon("clip"), name, size);
}

function picture(file) {
  const { url: src, name: alt, width, height } = file;
  const image = kit.make("img", { src, alt, width, height, loading: "lazy" });
  // Its address is too old: one more, and after that the name alone.
  image.addEventListener("error", () => renew(file).then((url) => url && (image.src = url)), {
    once: true,
  });
  return saved(file, "picture", image);
}

/** A link that saves the file, with a new address when the one it came with is old. */
function saved(file, className, ...children) {
  const { url: href, name: download } = file;
  const node = kit.make("a", { className, href, download, title: say("save", file) }, ...children);
  let until = Date.now() + FRESH_MS;
  node.addEventListener("click", async (event) => {
    if (Date.now() < until) return;
    event.preventDefault();
    node.href = (await renew(file)) || href;
    until = Date.now() + FRESH_MS;
    node.click();
  });
  return node;
}

async function renew({ id }) {
  try {
    return (await kit.ask(`attachments?id=${id}`)).url;
  } catch {
    return "";
  }
}

function sized(bytes) {
  const unit = bytes < KIB * KIB ? "kilobyte" : "megabyte";
  const amount = bytes / (unit === "kilobyte" ? KIB : KIB * KIB);
  const options = { style: "unit", unit, maximumFractionDigits: amount < 10 ? 1 : 0 };
  return Math.max(0.1, amount).toLocaleString(kit.locale, options);
}

/** What was chosen, above the text box, until a line has taken it. */
class Tray {
  #node = kit.make("ul", { id: "tray", ariaLabel: say("files"), hidden: true });
  /** @type {Chosen[]} */
  #chosen = [];
  /** The line is written, and goes with the last of them. */
  #isWanted = false;

  constructor() {
    document.getElementById("composer").prepend(this.#node);
    kit.composer.along = this;
  }

  get count() {
    return this.#chosen.filter((one) => one.told).length;
  }

  get isBusy() {
    return this.#chosen.some((one) => one.isBusy);
  }

  get hasFailed() {
    return this.#chosen.some((one) => !one.told && !one.isBusy);
  }

  /** What a line takes along. */
  get item() {
    const told = this.#chosen.map((one) => one.told).filter(Boolean);
    return told.length ? { attachments: told.map(({ id }) => id), files: told } : {};
  }

  /** @param {(File | Object<string, any>)[]} list those of a line that was refused are up already */
  add(list) {
    const room = MOST - this.#chosen.length;
    for (const file of list.slice(0, room)) {
      const one = new Chosen(file, () => this.#changed(), () => this.#drop(one));
      this.#chosen.push(one);
      this.#node.append(one.node);
    }
    if (list.length > room) kit.announce(say("too_many", { count: MOST }));
    this.#changed();
    kit.composer.focus();
  }

  /** The visitor has sent the line, which cannot go yet. */
  wait() {
    this.#isWanted = this.isBusy;
    if (this.isBusy) kit.announce(say("uploading"));
    // A line must not leave without a file that the visitor believes to be in it.
    else this.#chosen.find((one) => !one.told)?.hold();
  }

  /** A line took them, or nobody shall see them here. */
  clear() {
    for (const one of this.#chosen) one.end();
    this.#chosen = [];
    this.#changed(false);
  }

  #drop(one) {
    this.#chosen = this.#chosen.filter((other) => other !== one);
    one.end();
    this.#changed();
    kit.composer.focus();
  }

  #changed(tells = true) {
    this.#node.hidden = !this.#chosen.length;
    if (tells) kit.composer.changed();
    if (!this.#isWanted || this.isBusy) return;
    this.#isWanted = false;
    // Who has to see what is wrong with one decides anew.
    if (this.#chosen.every((one) => one.told)) kit.composer.submit();
  }
}

/** One of them on its way up. */
class Chosen {
  /** What the server says of it, once it is there. */
  told = null;
  isBusy = true;
  #file;
  #changed;
  #request = null;
  #bar = kit.make("progress", { max: 1, ariaLabel: say("uploading") });
  #status = kit.make("span", { className: "note", role: "status" });
  #retry = kit.button(say("again"), () => this.#send());
  #preview = null;
  #isGone = false;
  #why = "";

  /** @param {File} file @param {() => void} changed @param {() => void} drop */
  constructor(file, changed, drop) {
    this.#file = file;
    this.#changed = changed;
    const name = kit.make("bdi", {}, file.name || say("picture"));
    const label = say("remove", { name: name.textContent });
    const away = kit.button("", drop, { ariaLabel: label, title: label });
    away.append(kit.icon("close"));
    const words = kit.make("div", {}, name, this.#bar, this.#status, this.#retry);
    this.node = kit.make("li", {}, this.#picture(), words, away);
    if (file.id) this.#sent(file);
    else if (file.size > kit.most) this.#fail(say("too_big", { most: sized(kit.most) }), false);
    else this.#send();
  }

  /** Why nothing is sent. */
  hold() {
    this.#status.textContent = `${this.#why} ${say("first")}`;
    kit.announce(this.#status.textContent);
    this.node.querySelector("button:not([hidden])").focus();
  }

  end() {
    this.#isGone = true;
    this.#request?.abort();
    if (this.#preview) URL.revokeObjectURL(this.#preview);
    this.node.remove();
  }

  #picture() {
    if (!/^image\/(png|jpeg|webp|gif)$/.test(this.#file.type)) return kit.icon("clip");
    if (this.#file.url) return kit.make("img", { src: this.#file.url, alt: "" });
    this.#preview = URL.createObjectURL(this.#file);
    const image = kit.make("img", { src: this.#preview, alt: "" });
    // A picture by name only.
    image.onerror = () => image.replaceWith(kit.icon("clip"));
    return image;
  }

  async #send(tries = TRIES) {
    this.isBusy = true;
    this.#retry.hidden = true;
    this.#bar.hidden = false;
    this.#status.textContent = "";
    this.#changed();
    const token = await kit.token();
    if (this.#isGone) return;
    if (token) this.#post(token);
    else if (tries > 1) setTimeout(() => this.#send(tries - 1), AGAIN_MS);
    else this.#fail(say("not_up"));
  }

  #post(token) {
    const request = (this.#request = new XMLHttpRequest());
    request.open("POST", UPLOAD);
    request.setRequestHeader("Authorization", `Bearer ${token}`);
    request.setRequestHeader("Accept-Language", kit.locale);
    request.responseType = "json";
    request.upload.onprogress = ({ loaded, total }) => (this.#bar.value = loaded / total);
    request.onerror = () => this.#fail(say("not_up"));
    request.onload = () => {
      const { status, response } = request;
      if (status === 200) this.#sent(response);
      else this.#fail(response?.detail || say("not_up"), !response?.detail || status === 429 || status >= 500);
    };
    const form = new FormData();
    form.append("file", this.#file, this.#file.name);
    request.send(form);
  }

  #sent(told) {
    this.told = told;
    this.node.className = "";
    this.#over(sized(told.bytes));
    kit.announce(say("there", told));
  }

  #fail(why, again = true) {
    this.#why = why;
    this.node.className = "error";
    this.#over(why);
    this.#retry.hidden = !again;
  }

  #over(text) {
    this.isBusy = false;
    this.#bar.hidden = true;
    this.#retry.hidden = true;
    this.#status.textContent = text;
    this.#changed();
  }
}
