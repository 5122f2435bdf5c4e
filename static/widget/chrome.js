// What stands around the transcript: the menu, and the word on privacy before anything is sent.
import { button, byId, config, link, make, say } from "./page.js";

/** Language, sound and the transcript. It closes by Escape and by a click beside it. */
export class Menu {
  #node = byId("menu");
  #sound = byId("sound");

  /** @param {{chosen: (value: string) => void, sound: (isOn: boolean) => void}} hooks */
  constructor({ chosen, sound }) {
    document.addEventListener("click", ({ target }) => {
      if (!this.#node.contains(target)) this.close();
      else if (target.value) this.close() && chosen(target.value);
    });
    this.#sound.addEventListener("click", () => sound(this.#sound.ariaChecked !== "true"));
  }

  /** True when it was open. */
  close() {
    if (!this.#node.open) return false;
    if (this.#node.contains(document.activeElement)) this.#node.firstElementChild.focus();
    this.#node.open = false;
    return true;
  }

  showSound(isOn) {
    this.#sound.ariaChecked = String(isOn);
  }
}

/**
 * What the site says about privacy. Where it asks for consent, nothing can be sent and nothing is
 * kept before the visitor has agreed.
 */
export class Privacy {
  #wanted = false;
  #gate = byId("consent");
  #then = () => {};
  #keep;

  /** @param {() => void} keep the agreement */
  constructor(keep) {
    this.#keep = keep;
    const { text = "", url } = config.privacy || {};
    const words = [text, url ? link(url, say("privacy_more")) : ""].filter(Boolean);
    if (!words.length) return;
    const notice = make("p", {}, ...words.flatMap((word) => [word, " "]));
    if (!config.privacy.consent) {
      notice.className = "line notice";
      notice.dataset.first = "";
      byId("log").append(notice);
      return;
    }
    const agree = () => this.#agreed(true);
    this.#gate.append(notice, button(say("agree"), agree, { className: "main" }));
    this.ask();
  }

  /** Whoever comes next has agreed to nothing. */
  ask() {
    this.#hold(Boolean(config.privacy?.consent));
  }

  get isOpen() {
    return !this.#wanted;
  }

  focus() {
    this.#gate.focus();
  }

  /** Agreed on an earlier page, or in another tab. */
  stored(value) {
    if (value) this.#agreed(false);
  }

  /** Does it now, or as soon as the visitor has agreed. */
  then(task) {
    if (this.isOpen) task();
    else this.#then = task;
  }

  #agreed(isNew) {
    if (this.isOpen) return;
    this.#hold(false);
    if (isNew) this.#keep();
    this.#then();
    this.#then = () => {};
  }

  #hold(on) {
    this.#wanted = on;
    this.#gate.hidden = !on;
    byId("writing").hidden = on;
  }
}
