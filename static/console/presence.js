// Whether chats may come to the operator by themselves, and who else is there.
import { badge, bdi, button, byId, make, named, say } from "./page.js";

const CHOICES = ["available", "away"];

export class Presence {
  #desk;
  #verbs;

  constructor(desk, verbs) {
    this.#desk = desk;
    this.#verbs = verbs;
  }

  async set(state) {
    if (!(await this.#verbs.send("presence", { state }))) return;
    this.#desk.me.presence = state;
    this.draw();
  }

  draw() {
    const { me, operators } = this.#desk;
    const menu = byId("presence");
    menu.dataset.presence = me.presence;
    byId("presence-now").textContent = named("presence", me.presence);
    const choices = CHOICES.map((state) => {
      const node = button("", () => this.set(state));
      node.append(make("b", {}, named("presence", state)), make("small", {}, say(`presence_${state}_says`)));
      node.setAttribute("aria-pressed", String(state === me.presence));
      return node;
    });
    const others = operators.filter(({ id }) => id !== me.id);
    const people = make("ul", {}, ...others.map(drawPerson));
    const title = make("p", { className: "quiet" }, say("people"));
    const idle = make("p", { className: "quiet" }, say("presence_idle_says"));
    const place = menu.lastElementChild;
    const at = [...place.children].indexOf(document.activeElement);
    place.replaceChildren(...choices, idle, ...(others.length ? [title, people] : []));
    place.children[at]?.focus();
  }
}

function drawPerson({ name, presence, load, capacity }) {
  const text = capacity ? say("load", { load: load ?? 0, capacity }) : "";
  return make("li", {}, bdi(name), " ", badge(named("presence", presence), presence), " ", text);
}
