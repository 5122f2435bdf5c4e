// The line above the text box while somebody waits for a person: place, time, and another way.

let kit;
let said;
let text;
let shown = "";
const say = (name, values = {}) =>
  said[name].replace(/\{(\w+)\}/g, (_, key) => String(values[key]));

/** @param {Object<string, any>} shared */
export function prepare(shared) {
  kit = shared;
  said = words[shared.locale];
}

/**
 * @param {HTMLElement} node the line
 * @param {{position: number, eta_s?: number, open: boolean, opens_at?: string, attended: boolean} |
 *   string} place or what is said as long as there is none
 * @param {() => void} leave for who would rather leave a message
 */
export function wait(node, place, leave) {
  const now = typeof place === "string" ? place : sentence(place);
  if (!text?.isConnected) {
    text = kit.make("span");
    node.replaceChildren(text, kit.button(say("leave"), leave));
  }
  text.textContent = now;
  if (now !== shown) kit.announce((shown = now));
}

function sentence({ position, eta_s: seconds, open, opens_at: opens, attended }) {
  if (!open) return opens ? say("opens", { at: kit.written(new Date(opens), WHEN) }) : say("closed");
  if (!attended) return say("nobody");
  const place = position === 1 ? say("next") : say("place", { position });
  if (seconds === undefined) return place;
  const minutes = Math.max(1, Math.round(seconds / 60));
  return `${place} ${say(minutes === 1 ? "minute" : "minutes", { minutes })}`;
}

const WHEN = { weekday: "long", day: "numeric", month: "long", hour: "numeric", minute: "2-digit" };
