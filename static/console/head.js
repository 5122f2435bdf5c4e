// Above the lines: who it is, how it stands, and what can be done.
import { badge, bdi, button, byId, icon, make, named, say } from "./page.js";
import { dueOf, waited } from "./time.js";

const MAIN = new Set(["claim", "take_over", "resolve", "reopen"]);
const LEVELS = { due: "clock", risk: "warning", late: "alarm" };
const TICK_MS = 1000;

export class Head {
  #verbs;
  #desk;
  /** @type {any} */
  #row = null;
  #offered = "";

  constructor(desk, verbs) {
    this.#desk = desk;
    this.#verbs = verbs;
    setInterval(() => this.#tick(), TICK_MS);
  }

  show(row) {
    this.#row = row;
    byId("thread").dataset.empty = String(!row);
    if (!row) return;
    byId("thread-name").replaceChildren(bdi(row.visitor.name || say("nameless")));
    byId("thread-marks").replaceChildren(...this.#marks(row));
    this.#buttons(row);
    this.#others(row);
    this.#tick();
  }

  *#marks(row) {
    if (row.visitor.verified) {
      const mark = badge(say("verified"), "good");
      mark.prepend(icon("verified"));
      yield mark;
    }
    yield badge(row.kind === "other" && row.operator ? row.operator.name : named("kind", row.kind), row.kind);
    if (row.priority < 2) yield badge(named("priority", row.priority), "urgent");
    if (row.about) yield badge(row.about, "quiet");
    const site = this.#desk.siteName(row);
    if (site) yield badge(site, "quiet");
  }

  #buttons(row) {
    const offered = this.#verbs.offered(row);
    const key = `${row.id} ${offered}`;
    if (this.#offered === key) return;
    this.#offered = key;
    const act = (name, className) =>
      button(say(`do_${name}`), () => this.#verbs.run(name, this.#row), { className });
    const first = offered.filter((name) => MAIN.has(name));
    const rest = offered.filter((name) => !MAIN.has(name));
    byId("acts").replaceChildren(
      ...first.map((name, at) => act(name, at ? "" : "main")),
      ...rest.map((name) => act(name, "wide")),
    );
    byId("more-acts").hidden = !rest.length;
    byId("more-acts").lastElementChild.replaceChildren(...rest.map((name) => act(name, "")));
  }

  /** Who else is here: they can be answering the same visitor. */
  #others(row) {
    const place = byId("others");
    const said = row.viewers.map(({ name, doing }) =>
      say(doing === "replying" ? "is_replying" : "is_viewing", { name }),
    );
    place.hidden = !said.length;
    place.dataset.replying = String(row.viewers.some(({ doing }) => doing === "replying"));
    place.textContent = said.join(" · ");
  }

  #tick() {
    const row = this.#row;
    const place = byId("thread-due");
    if (!row || row.kind === "done") {
      place.replaceChildren();
      return;
    }
    const due = dueOf(row);
    const wait = row.waiting_since ? say("waits", { time: waited(row) }) : "";
    const text = [wait, due?.text].filter(Boolean).join(" · ");
    if (place.dataset.text === `${row.id} ${text}`) return;
    place.dataset.text = `${row.id} ${text}`;
    place.dataset.due = due?.level || "";
    place.title = due ? due.title : "";
    place.replaceChildren(...(due ? [icon(LEVELS[due.level])] : []), make("span", {}, text));
  }
}
