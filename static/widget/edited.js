// A line that was put right after it had been sent: what it says now, and since when.

let kit;
let said;

/** @param {Object<string, any>} shared */
export function prepare(shared) {
  kit = shared;
  said = words[shared.locale];
}

/**
 * @param {HTMLElement | null} node the line, if it is here
 * @param {string} since ISO
 * @param {string} [text] what it says now, where it does not yet
 */
export function edited(node, since, text) {
  if (!node) return;
  if (text !== undefined) kit.speak(node.querySelector(".bubble"), text);
  const by = node.querySelector(".by");
  const mark = by.querySelector(".edited") || by.appendChild(kit.make("span", { className: "edited" }));
  const at = new Date(since);
  mark.title = kit.written(at, { dateStyle: "medium", timeStyle: "short" });
  mark.textContent = said.edited.replace("{at}", kit.written(at, { timeStyle: "short" }));
  kit.settle();
}
