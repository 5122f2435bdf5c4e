// Why an answer was of no use: asked after a thumb down.

const REASONS = ["wrong", "beside", "unclear", "outdated"];
const REASON_MOST = 500;
let forms = 0;
let kit;
let said;
const say = (name) => said[name];

/** @param {{make: Function, button: Function, say: Function, locale: string}} shared */
export function prepare(shared) {
  kit = shared;
  said = words[shared.locale];
}

/**
 * Fills the form. `send` is called with a code, own words or both.
 * @param {HTMLFormElement} form
 * @param {(reason: string) => void} send
 * @param {() => void} person asks for one
 */
export function questions(form, send, person) {
  const { make, button } = kit;
  const name = `why-${++forms}`;
  const title = make("legend", {}, say("why"));
  const set = make("fieldset", {}, title);
  for (const reason of REASONS) {
    const choice = make("input", { type: "radio", name, value: reason });
    set.append(make("label", {}, choice, make("span", {}, say(`why_${reason}`))));
  }
  const more = make("textarea", { rows: 2, maxLength: REASON_MOST, placeholder: say("why_more") });
  more.ariaLabel = say("why_more");
  const submit = make("button", { type: "submit", className: "main" }, say("why_send"));
  form.onsubmit = (event) => {
    event.preventDefault();
    const chosen = set.querySelector(":checked")?.value;
    send([chosen, more.value.trim()].filter(Boolean).join(" – "));
  };
  const row = make("div", { className: "row" }, submit, button(kit.say("talk_to_person"), person));
  form.className = "why";
  form.replaceChildren(set, more, row);
  form.scrollIntoView({ block: "nearest" });
}
