// Single keys and chords. Off inside fields, while composing, and wherever the operator wants none.
import { open } from "./dialog.js";
import { isComposing, make, say } from "./page.js";

const isMac = /Mac|iPhone|iPad/.test(navigator.platform);
export const MOD = isMac ? "⌘" : "Ctrl";

/** What the list of shortcuts shows: the keys, and the name of what they do. */
export const SHORTCUTS = [
  ["J K ↓ ↑", "key_step"],
  ["Enter", "key_open"],
  ["1 – 5", "key_tabs"],
  ["C", "key_claim"],
  ["R", "key_reply"],
  ["N", "key_note"],
  ["X", "key_pick"],
  ["S", "key_search"],
  ["I", "key_context"],
  ["Z", "key_undo"],
  ["Esc", "key_escape"],
  ["/", "key_macro"],
  [`${MOD} Enter`, "key_send"],
  [`${MOD} Shift Enter`, "key_resolve"],
  [`${MOD} K`, "key_palette"],
  ["?", "key_help"],
];

/**
 * @param {{settings: {keys: boolean}}} desk
 * @param {Object<string, (event: KeyboardEvent) => void>} single by key
 * @param {Object<string, () => void>} chords by key, with Ctrl or Command; "shift+Enter" with Shift
 */
export function listen(desk, single, chords) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || isComposing(event) || event.altKey) return;
    if (document.querySelector("dialog[open]")) return;
    const isChord = event.ctrlKey || event.metaKey;
    const name = isChord && event.shiftKey ? `shift+${event.key}` : event.key;
    const act = isChord ? chords[name] || chords[name.toLowerCase()] : singleOf(event);
    if (!act) return;
    event.preventDefault();
    act(event);
  });

  function singleOf(event) {
    if (event.key === "Escape") return single.Escape;
    if (!desk.settings.keys || isField(event.target)) return undefined;
    if (event.key.startsWith("Arrow") && !event.target.closest("#rows")) return undefined;
    return single[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  }
}

function isField(node) {
  return node.isContentEditable || /^(TEXTAREA|SELECT)$/.test(node.tagName) || isTextInput(node);
}

const isTextInput = (node) => node.tagName === "INPUT" && !/^(checkbox|radio|button)$/.test(node.type);

export function openHelp() {
  const rows = SHORTCUTS.map(([keys, name]) => {
    const caps = keys.split(" ").map((key) => (key === "–" ? " – " : make("kbd", {}, key)));
    return make("tr", {}, make("th", { scope: "row" }, say(name)), make("td", {}, ...caps));
  });
  const table = make("table", {}, make("tbody", {}, ...rows));
  open({ title: say("shortcuts"), body: [table, make("p", { className: "quiet" }, say("shortcuts_off"))] });
}
