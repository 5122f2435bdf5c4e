// Saved replies: "/" and a few letters in the box bring a list to choose from.
import { byId, later, make, say } from "./page.js";

const ASKED = /(?:^|\s)\/([^\s/]{0,30})$/;
const ASK_MS = 120;

export class Macros {
  #box;
  #link;
  #session;
  #list = byId("macros");
  /** @type {any[]} */
  #found = [];
  #at = 0;
  #query = null;
  #ask = later(ASK_MS, () => this.#fetch());

  /** @param {() => string | undefined} session whose words fill the variables in */
  constructor(box, link, session) {
    this.#box = box;
    this.#link = link;
    this.#session = session;
    box.node.addEventListener("blur", () => this.close());
    // Before the box loses the focus.
    this.#list.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      const option = event.target.closest("[role=option]");
      if (option) this.#choose(Number(option.dataset.at));
    });
  }

  get isOpen() {
    return !this.#list.hidden;
  }

  /** Looks at what stands before the cursor. */
  look() {
    const match = this.#box.before.match(ASKED);
    if (!match) {
      this.close();
      return;
    }
    this.#query = match[1];
    this.#ask();
  }

  /** True if the key was one of the list's. @param {KeyboardEvent} event */
  key(event) {
    if (!this.isOpen) return false;
    const act = {
      ArrowDown: () => this.#move(1),
      ArrowUp: () => this.#move(-1),
      Enter: () => this.#choose(this.#at),
      Tab: () => this.#choose(this.#at),
      Escape: () => this.close(),
    }[event.key];
    if (!act || event.ctrlKey || event.metaKey) return false;
    event.preventDefault();
    event.stopPropagation();
    act();
    return true;
  }

  close() {
    this.#query = null;
    this.#list.hidden = true;
    this.#box.node.removeAttribute("aria-activedescendant");
  }

  async #fetch() {
    const query = this.#query;
    if (query === null) return;
    try {
      const { macros } = await this.#link.ask("macros", { query, session: this.#session() });
      if (this.#query === query) this.#show(macros);
    } catch {
      this.close();
    }
  }

  #show(macros) {
    this.#found = macros;
    this.#at = 0;
    this.#list.hidden = false;
    const options = macros.map(({ name, text }, at) =>
      make(
        "li",
        { role: "option", id: `macro-${at}`, "data-at": at, "aria-selected": String(!at) },
        make("b", {}, name),
        make("span", {}, text.replace(/\s+/g, " ").slice(0, 120)),
      ),
    );
    const none = make("li", { role: "option", "aria-disabled": "true" }, say(this.#query ? "no_macros" : "no_macros_yet"));
    this.#list.replaceChildren(...(options.length ? options : [none]));
    this.#move(0);
  }

  #move(by) {
    const many = this.#found.length;
    if (!many) return;
    this.#list.children[this.#at].setAttribute("aria-selected", "false");
    this.#at = (this.#at + by + many) % many;
    const option = this.#list.children[this.#at];
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    this.#box.node.setAttribute("aria-activedescendant", option.id);
  }

  #choose(at) {
    const macro = this.#found[at];
    const typed = this.#query.length + 1;
    this.close();
    if (!macro) return;
    this.#box.insert(macro.text, typed);
    this.#link.ask("used_macro", { id: macro.id }).catch(() => {});
  }
}
