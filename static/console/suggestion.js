// The answer that is drafted for the operator: beside the box, never in it before it is asked for.
import { drawSources } from "./line.js";
import { badge, button, byId, icon, make, say } from "./page.js";
import { rich } from "./rich.js";

export class SuggestionCard {
  #link;
  #composer;
  #verbs;
  #place = byId("suggestion");
  #shown = null;
  #thread = null;

  constructor(link, composer, verbs) {
    this.#link = link;
    this.#composer = composer;
    this.#verbs = verbs;
    byId("suggest").addEventListener("click", () => this.#ask());
  }

  show(thread) {
    this.#thread = thread;
    const row = thread?.facts.row;
    byId("suggest").hidden = row?.kind !== "mine" || !this.#verbs.hasModel(row);
    const suggestion = row?.kind === "mine" ? thread.facts.suggestion : null;
    this.#place.hidden = !suggestion;
    if (this.#shown === suggestion) return;
    this.#shown = suggestion;
    this.#place.replaceChildren(...(suggestion ? this.#card(suggestion) : []));
  }

  #card(suggestion) {
    const { text, sources } = suggestion;
    const title = make("h3", {}, icon("spark"), say("draft_of_ai"), " ", badge(say("ai"), "ai"));
    const body = make("div", { className: "text" }, rich(text));
    const buttons = make(
      "div",
      { className: "buttons" },
      button(say("insert"), () => this.#insert(suggestion), { className: "main" }),
      button(say("edit"), () => this.#edit(suggestion)),
      button(say("dismiss"), () => this.#dismiss(suggestion)),
    );
    return [title, body, sources?.length ? drawSources(sources) : "", buttons];
  }

  #insert(suggestion) {
    this.#drop();
    this.#composer.insert(suggestion.text);
    this.#choose(suggestion.id, "inserted");
  }

  /** What is made of it goes to the server with its number. */
  #edit(suggestion) {
    this.#thread.box.editing = suggestion.id;
    this.#drop();
    this.#composer.insert(suggestion.text);
  }

  #dismiss(suggestion) {
    this.#drop();
    this.#choose(suggestion.id, "dismissed");
    this.#composer.focus();
  }

  #drop() {
    this.#thread.facts.suggestion = null;
    this.show(this.#thread);
  }

  #choose(id, choice) {
    this.#link.ask("suggestion", { id, choice }, true).catch(() => {});
  }

  async #ask() {
    const node = byId("suggest");
    node.disabled = true;
    await this.#verbs.send("suggest", { session: this.#thread.session });
    node.disabled = false;
  }
}
