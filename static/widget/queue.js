// Who answers, where that is not the bot: the header, and the line above the text box while somebody
// waits for a person, with place, time, and another way.

let kit;
let said;
let text;
let usual;
let was = "bot";
let shown = "";
// The person has gone, and nobody has asked for an address yet.
let isLost = false;
const byId = (id) => document.getElementById(id);
const say = (name, values = {}) =>
  said[name].replace(/\{(\w+)\}/g, (_, key) => String(values[key]));

/** @param {Object<string, any>} shared */
export function prepare(shared) {
  kit = shared;
  said = words[shared.locale];
  usual = byId("status").textContent;
}

/**
 * @param {{mode?: string, state?: string, operator?: string, queue?: Place}} frame of the server's
 * @param {() => void} leave for who would rather leave a message
 * @typedef {{position: number, eta_s?: number, open: boolean, opens_at?: string, zone?: string,
 *   attended: boolean}} Place
 */
export function stand({ mode = "bot", state, operator, queue: place }, leave) {
  const line = byId("queue");
  document.body.dataset.mode = mode;
  const told = { queued: "waiting", human: operator ? "human_named" : "human" }[mode];
  const status = told ? say(told, { name: operator }) : usual;
  byId("status").textContent = status;
  line.hidden = mode !== "queued";
  const plain = say(state === "COLLECT" ? "unreachable" : "queued");
  isLost = !line.hidden && state === "COLLECT" && (isLost || was === "human");
  if (line.hidden) shown = line.textContent = "";
  else if (place || isLost) wait(line, place || plain, leave);
  else line.textContent = plain;
  if (told && mode !== was && !place && !isLost) kit.announce(line.textContent || status);
  was = mode;
}

/** `place`: or what is said as long as there is none. */
function wait(node, place, leave) {
  const now = typeof place === "string" ? place : sentence(place);
  if (!text?.isConnected) {
    text = kit.make("span");
    node.replaceChildren(text, kit.button(say("leave"), leave));
  }
  text.textContent = now;
  if (now !== shown) kit.announce((shown = now));
}

/**
 * Looks whether somebody is there.
 * @param {HTMLElement} node what says that nobody is; it stays as it is without an answer
 */
export async function lookAround(node) {
  const { timeZone: zone } = Intl.DateTimeFormat().resolvedOptions();
  const query = new URLSearchParams({ site: kit.site, locale: kit.locale, zone });
  const { answer } = await kit.call(`team?${query}`, {}).catch(() => ({}));
  const absent = answer?.absent;
  if (absent === undefined || absent === node.textContent) return;
  node.textContent = absent;
  if (absent && !node.hidden) kit.announce(absent);
}

function sentence({ position, eta_s: seconds, open, opens_at: opens, zone, attended }) {
  if (!open) return opens ? say("opens", { at: when(new Date(opens), zone) }) : say("closed");
  if (!attended) return say("nobody");
  const place = position === 1 ? say("next") : say("place", { position });
  if (seconds === undefined) return place;
  const minutes = Math.max(1, Math.round(seconds / 60));
  return `${place} ${say(minutes === 1 ? "minute" : "minutes", { minutes })}`;
}

/** As the team's clocks show it, whose place is named for who has others. */
function when(at, timeZone) {
  const there = kit.written(at, { ...WHEN, timeZone });
  if (there === kit.written(at, WHEN)) return there;
  return kit.written(at, { ...WHEN, timeZone, timeZoneName: "short" });
}

const WHEN = { weekday: "long", day: "numeric", month: "long", hour: "numeric", minute: "2-digit" };
