// What a talk ends with: how satisfied the visitor was, and the conversation as a file to keep.

const COMMENT_MOST = 1000;
const SCORES = [1, 2, 3, 4, 5];

let kit;
let said;
let forms = 0;
/** What can still be answered, or changed. @type {HTMLElement | undefined} */
let open;
const say = (name, values = {}) =>
  said[name].replace(/\{(\w+)\}/g, (_, key) => String(values[key]));

/** @param {Object<string, any>} shared */
export function prepare(shared) {
  kit = shared;
  said = words[shared.locale];
}

/**
 * Asks for 1 to 5 and, if the visitor likes, why. It may be skipped, and changed later on; what was
 * asked before is not asked any more.
 * @param {HTMLElement} place
 * @param {true | {score: number | null}} given true until something was said
 * @param {(score: number | null, comment?: string) => void} send
 */
export function askScore(place, given, send) {
  open?.remove();
  if (given === true) ask(place, send);
  else if (given.score) thank(place, given.score, send);
}

function ask(place, send, before) {
  const form = kit.make("form", { className: "ask score", noValidate: true }, ...questions());
  open = form;
  if (before) form.elements.score.value = before;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const chosen = Number(new FormData(form).get("score"));
    if (!chosen) return form.querySelector("input").focus();
    end(form, () => {
      send(chosen, form.elements.comment.value.trim());
      thank(place, chosen, send);
      kit.announce(say("csat_thanks"));
    });
  });
  form.querySelector("button.quiet").onclick = () =>
    end(form, () => (before ? thank(place, before, send) : send(null)));
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

/** With a chat that has ended meanwhile, its number is gone as well: nothing counts for the next. */
function end(form, then) {
  const held = form.contains(document.activeElement);
  const counts = form.closest("[data-seq]");
  form.remove();
  if (counts) then();
  if (held) kit.leave();
}

function thank(place, score, send) {
  const said = `${say("csat_given", { score })} ${say("csat_thanks")}`;
  const change = () => {
    note.remove();
    ask(place, send, score);
    place.querySelector("input:checked").focus();
  };
  const again = kit.button(say("csat_change"), change, { className: "again" });
  const note = kit.make("p", { className: "note" }, said, " ", again);
  open = again;
  place.append(note);
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
