// Ctrl+K: everything that can be done, and everyone who is waiting, by a few letters of either
// language.
import { open } from "./dialog.js";
import { isComposing, make, say, words } from "./page.js";

const MOST = 12;

/**
 * @typedef {{label: string, also?: string, hint?: string, run: () => void}} Entry
 * @param {Entry[]} entries
 * @param {(query: string) => Entry[]} found conversations by name
 */
export function openPalette(entries, found) {
  const input = make("input", {
    type: "text",
    role: "combobox",
    autocomplete: "off",
    spellcheck: false,
    placeholder: say("palette_hint"),
    "aria-label": say("palette"),
    "aria-expanded": "true",
    "aria-controls": "palette-list",
    "aria-autocomplete": "list",
  });
  const list = make("ul", { role: "listbox", id: "palette-list", "aria-label": say("palette") });
  const dialog = open({ title: say("palette"), className: "palette", body: [input, list] });
  let shown = [];
  let at = 0;
  const move = (to) => {
    list.children[at]?.setAttribute("aria-selected", "false");
    at = shown.length ? (to + shown.length) % shown.length : 0;
    const option = list.children[at];
    if (!shown.length) return;
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", option.id);
  };
  const run = (entry) => {
    dialog.close();
    entry?.run();
  };
  const draw = () => {
    shown = matching(entries, input.value).concat(input.value ? found(input.value) : []).slice(0, MOST);
    at = 0;
    const none = make("li", { role: "option", "aria-disabled": "true" }, say("nothing_found"));
    list.replaceChildren(...(shown.length ? shown.map(option) : [none]));
    input.removeAttribute("aria-activedescendant");
    move(0);
  };
  input.addEventListener("input", draw);
  input.addEventListener("keydown", (event) => {
    if (isComposing(event)) return;
    const act = {
      ArrowDown: () => move(at + 1),
      ArrowUp: () => move(at - 1),
      Enter: () => run(shown[at]),
    }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
  list.addEventListener("click", ({ target }) => {
    const option = target.closest("[data-at]");
    if (option) run(shown[Number(option.dataset.at)]);
  });
  draw();
  input.focus();
}

function option({ label, hint }, at) {
  const properties = { role: "option", id: `palette-${at}`, "data-at": at, "aria-selected": "false" };
  return make("li", properties, make("span", {}, label), hint && make("kbd", {}, hint));
}

/** Those whose name in either language holds every word, the ones that begin so first. */
export function matching(entries, query) {
  const parts = query.toLowerCase().split(/\s+/).filter(Boolean);
  const holds = entries
    .map((entry) => ({ entry, name: `${entry.label} ${entry.also || ""}`.toLowerCase() }))
    .filter(({ name }) => parts.every((part) => name.includes(part)));
  const begins = ({ name }) => (parts[0] && name.startsWith(parts[0]) ? 0 : 1);
  return holds.sort((one, other) => begins(one) - begins(other)).map(({ entry }) => entry);
}

/** An action as the palette shows it. @returns {Entry} */
export function action(name, run, hint = "") {
  const [label, also] = words.actions[name];
  return { label, also, run, hint };
}
