// What a talk ends with: how satisfied the visitor was, and the conversation as a file to keep.

const COMMENT_MOST = 1000;
const SCORES = [1, 2, 3, 4, 5];

let kit;
let said;
let forms = 0;
const say = (name, values = {}) =>
  said[name].replace(/\{(\w+)\}/g, (_, key) => String(values[key]));

/** @param {Object<string, any>} shared */
export function prepare(shared) {
  kit = shared;
  said = words[shared.locale];
}

/**
 * Asks for 1 to 5 and, if the visitor likes, why. It may be skipped.
 * @param {HTMLElement} place
 * @param {number} [score] what was said before
 * @param {(score: number, comment: string) => void} send
 */
export function askScore(place, score, send) {
  if (score) return thank(place, score);
  const form = kit.make("form", { className: "ask score", noValidate: true }, ...questions());
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const chosen = Number(new FormData(form).get("score"));
    if (!chosen) return form.querySelector("input").focus();
    send(chosen, form.elements.comment.value.trim());
    over(place, form, chosen);
  });
  form.querySelector("button.quiet").onclick = () => over(place, form);
  place.append(form);
}

function questions() {
  const { make } = kit;
  const id = `score-${++forms}`;
  const set = make("fieldset", {}, make("legend", {}, say("csat")));
  for (const score of SCORES) {
    const choice = make("input", { type: "radio", name: "score", value: score });
    choice.ariaLabel = `${score} ${say(`csat_${score}`)}`;
    set.append(make("label", { title: choice.ariaLabel }, choice, make("span", {}, String(score))));
  }
  const ends = make("p", { className: "ends" }, say("csat_1"), make("span", {}, say("csat_5")));
  ends.ariaHidden = "true";
  const label = make("label", { htmlFor: id }, say("csat_comment"));
  const comment = make("textarea", { id, name: "comment", rows: 2, maxLength: COMMENT_MOST });
  const submit = make("button", { type: "submit", className: "main" }, say("csat_send"));
  const skip = make("button", { type: "button", className: "quiet" }, say("csat_skip"));
  return [set, ends, make("div", {}, label, comment), make("div", { className: "row" }, submit, skip)];
}

function over(place, form, score) {
  const held = form.contains(document.activeElement);
  form.remove();
  if (score) thank(place, score);
  if (score) kit.announce(say("csat_thanks"));
  if (held) kit.leave();
}

function thank(place, score) {
  place.append(kit.make("p", { className: "note" }, `${say("csat_given", { score })} ${say("csat_thanks")}`));
}

/**
 * Saves the conversation. Throws when the server cannot be reached.
 * @param {"txt" | "html"} kind
 */
export async function save(kind) {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const query = new URLSearchParams({ format: kind, zone: timeZone });
  const headers = { Authorization: `Bearer ${await kit.token()}` };
  const response = await fetch(`/api/v1/chat/transcript?${query}`, { headers, credentials: "omit" });
  if (!response.ok) throw new Error(String(response.status));
  const name = /filename="([^"]+)"/.exec(response.headers.get("Content-Disposition"))?.[1];
  const href = URL.createObjectURL(await response.blob());
  kit.make("a", { href, download: name || `chat.${kind}` }).click();
  // The browser has begun to read it by then.
  setTimeout(() => URL.revokeObjectURL(href), 60000);
}
