// What the visitor thinks of an answer.
import { button, icon, make, say } from "./page.js";

const REASONS = ["wrong", "beside", "unclear", "outdated"];
const REASON_MOST = 500;
let forms = 0;

/**
 * Two thumbs, and a form that asks why it is the lower one. The verdict counts without a reason,
 * and may be changed.
 * @param {number} [given] what was said before, 1 or -1
 * @param {(value: number, reason?: string) => void} rate
 * @param {() => void} person asks for one
 * @returns {HTMLElement[]}
 */
export function rating(given, rate, person) {
  const thanks = make("p", { role: "status" });
  const form = make("form", { hidden: true });
  const ask = () => {
    const why = (reason) => {
      rate(-1, reason);
      form.className = "row";
      form.replaceChildren(button(say("talk_to_person"), person));
      form.firstChild.focus();
      thanks.textContent = say("rated");
    };
    form.className = "why";
    form.replaceChildren(...questions(form, why, person));
    form.scrollIntoView({ block: "nearest" });
  };
  const choose = (value) => {
    rate(value);
    mark(value);
    form.hidden = value > 0;
    thanks.textContent = say("rated");
    if (value < 0) ask();
  };
  const thumb = (label, value) => {
    const node = button("", () => choose(value), { title: say(label), ariaLabel: say(label) });
    node.append(icon("up"));
    return node;
  };
  const [up, down] = [thumb("helpful", 1), thumb("not_helpful", -1)];
  const mark = (value) => {
    up.ariaPressed = String(value > 0);
    down.ariaPressed = String(value < 0);
  };
  mark(given || 0);
  return [make("div", { className: "thumbs" }, up, down), thanks, form];
}

function questions(form, send, person) {
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
  return [set, more, make("div", { className: "row" }, submit, button(say("talk_to_person"), person))];
}
