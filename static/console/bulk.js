// What is done with all rows that are picked.
import { button, byId, make, say } from "./page.js";

const VERBS = ["claim", "priority", "transfer", "resolve"];

export class Bulk {
  #queue;
  #place = byId("bulk");
  #label = make("b");

  constructor(queue, verbs) {
    this.#queue = queue;
    const run = async (verb) => {
      if (await verbs.bulk(verb, [...queue.picked])) queue.unpick();
    };
    this.#place.append(
      this.#label,
      ...VERBS.map((verb) => button(say(`do_${verb}`), () => run(verb), { className: "small" })),
      button(say("unpick"), () => queue.unpick(), { className: "small" }),
    );
  }

  draw() {
    const count = this.#queue.picked.size;
    this.#place.hidden = !count;
    this.#label.textContent = say("picked", { count });
  }
}
