// What the visitor thinks of an answer.
import { need } from "./lazy.js";
import { button, icon, make, say } from "./page.js";

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
    // The verdict counts without it, also where it cannot be fetched.
    need("reasons").then(({ questions }) => questions(form, why, person), () => {});
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
