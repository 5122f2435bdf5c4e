// The right pane: what was handed over, who the visitor is, what is known, and what came before.
import { badge, bdi, button, byId, icon, make, named, say, tongue } from "./page.js";
import { choice } from "./dialog.js";
import { drawSources } from "./line.js";
import { link } from "./rich.js";
import { stamp } from "./time.js";

export class Context {
  #verbs;
  #open;
  #place = byId("facts");
  /** What each part was drawn from, by its name: an edit under way outlives news about other parts. */
  #drawn = {};
  #thread = null;

  /** @param {(session: string) => void} open */
  constructor(verbs, open) {
    this.#verbs = verbs;
    this.#open = open;
  }

  show(thread) {
    if (this.#thread !== thread) {
      this.#drawn = {};
      this.#place.replaceChildren();
      byId("brief").hidden = true;
      byId("brief").open = false;
    }
    this.#thread = thread;
    byId("context").dataset.empty = String(!thread?.isLoaded);
    if (!thread?.isLoaded) return;
    const { facts } = thread;
    const { kind, mode, state } = facts.row;
    this.#part("packet", [facts.packet], () => this.#packet(facts));
    this.#part("visitor", [facts.visitor], () => this.#visitor(facts));
    this.#part("slots", [facts.slots, facts.flow, kind], () => this.#slots(facts));
    this.#part("progress", [facts.transitions, facts.csat, mode, state], () => this.#progress(facts));
    this.#part("past", [facts.past], () => this.#past(facts));
    this.#part("events", [facts.events], () => this.#events(facts));
  }

  #part(name, from, draw) {
    if (this.#drawn[name]?.every((known, at) => known === from[at])) return;
    this.#drawn[name] = from;
    const node = draw();
    const made = make("section", { className: "part" });
    made.dataset.part = name;
    if (node) made.append(make("h3", {}, say(`part_${name}`)), node);
    made.hidden = !node;
    const old = this.#place.querySelector(`[data-part="${name}"]`);
    if (old) old.replaceWith(made);
    else this.#place.append(made);
  }

  /** Also as a line to unfold above the talk, for where this pane is a drawer. */
  #packet({ packet, row }) {
    const brief = byId("brief");
    brief.hidden = !packet;
    if (!packet) return null;
    const why = packet.why_stopped || row.reason_text;
    brief.firstElementChild.textContent = [say("part_packet"), why].filter(Boolean).join(" · ");
    brief.lastElementChild.replaceWith(drawPacket(packet, why));
    return drawPacket(packet, why);
  }

  #visitor({ visitor = {}, row }) {
    const list = make("dl");
    const put = (name, value) => {
      if (value) list.append(make("dt", {}, say(name)), make("dd", {}, value));
    };
    const { page, device, verified } = visitor;
    const mark = verified
      ? badge(say("verified"), "good")
      : badge(say("unverified"), "quiet");
    if (verified) mark.prepend(icon("verified"));
    put("visitor_name", make("span", {}, bdi(visitor.name || row.visitor.name || say("nameless")), " ", mark));
    put("visitor_email", visitor.email && bdi(visitor.email));
    put("visitor_phone", visitor.phone && bdi(visitor.phone));
    put("visitor_number", visitor.external_id && bdi(visitor.external_id));
    // Both were said by the visitor's browser: a title must not pass for where the link goes.
    put("visitor_page", page?.url && make("span", {}, link(page.url, page.url), " ", bdi(page.title)));
    put("visitor_device", typeof device === "string" ? device : device && Object.values(device).join(" · "));
    put("visitor_language", tongue(visitor.locale));
    put("visitor_since", visitor.first_seen && stamp(visitor.first_seen));
    return list;
  }

  #slots({ slots = [], flow }) {
    if (!slots.length) return flow ? make("p", {}, flow) : null;
    const list = make("ul", { className: "slots" }, ...slots.map((slot) => this.#slot(slot)));
    return make("div", {}, flow && make("p", { className: "quiet" }, flow), list);
  }

  #slot(slot) {
    const item = make("li");
    item.dataset.slot = slot.name;
    const may = this.#verbs.mayEdit(this.#thread.facts.row);
    const edit = button(say(slot.value ? "change" : "fill"), () => this.#edit(item, slot), {
      className: "small",
    });
    edit.ariaLabel = say(slot.value ? "change_slot" : "fill_slot", { label: slot.label });
    const value = slot.missing
      ? make("span", { className: "missing" }, icon("missing"), say("missing"))
      : make("b", {}, bdi(slot.value || "–"));
    const source = slot.source && badge(named("source", slot.source), slot.source);
    const ask = slot.missing && may && button(say("ask_customer"), () => this.#askFor(slot), { className: "small" });
    item.append(make("span", { className: "label" }, slot.label), value);
    item.append(...[source, ask, may && edit].filter(Boolean));
    return item;
  }

  #edit(item, slot) {
    const { label, type, raw: value, example = "" } = slot;
    const shown = slot.options?.length
      ? choice("value", slot.options.map((one) => [one.value, one.label]), value ?? undefined)
      : make("input", { name: "value", type: INPUTS[type] || "text", value: value ?? "", placeholder: example, maxLength: 500 });
    shown.ariaLabel = label;
    const back = () => item.replaceWith(this.#slot(slot));
    const form = make("form", {}, make("span", { className: "label" }, label), shown);
    const save = make("button", { type: "submit", className: "main small" }, say("save"));
    form.append(save, button(say("cancel"), back, { className: "small" }));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      save.disabled = true;
      if (await this.#verbs.editSlot(this.#thread, slot.name, shown.value.trim())) {
        if (form.isConnected) item.replaceWith(this.#slot({ ...slot, value: shown.value, missing: false }));
      }
      save.disabled = false;
    });
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      back();
    });
    item.replaceChildren(form);
    shown.focus();
  }

  #askFor(slot) {
    this.#verbs.askSlot(this.#thread, slot);
  }

  #progress({ transitions = [], csat, row }) {
    const now = make("p", {}, badge(named("mode", row.mode)), " ", badge(named("state", row.state), "quiet"));
    if (csat) now.append(" ", badge(say("csat", csat), csat.score > 3 ? "good" : "bad"), " ", bdi(csat.comment));
    if (!transitions.length) return now;
    const steps = transitions.map(({ from, to, cause, at }) => {
      const move = `${named("state", from)} → ${named("state", to)}`;
      return make("li", {}, make("b", {}, move), " ", cause && make("span", {}, cause), " ", stamp(at));
    });
    const label = say("transitions", { count: transitions.length });
    const all = make("details", {}, make("summary", {}, label), make("ol", {}, ...steps));
    return make("div", {}, now, all);
  }

  #past({ past = [] }) {
    if (!past.length) return null;
    return make("ul", { className: "past" }, ...past.map((one) => this.#earlier(one)));
  }

  #earlier({ id, at, summary, mode, csat }) {
    const open = button("", () => this.#open(id), { className: "plain-button" });
    open.append(make("span", {}, summary || say("no_summary")));
    const score = csat && say("csat", { score: csat.score ?? csat });
    return make("li", {}, open, make("small", {}, stamp(at), " ", badge(named("mode", mode), "quiet"), " ", score));
  }

  #events({ events = [] }) {
    if (!events.length) return null;
    const items = events.map(({ kind, label: name, operator, text, at }) => {
      const by = operator && make("span", {}, bdi(operator.name ?? operator), " · ");
      return make("li", {}, by, name || kind, text && `: ${text}`, " ", stamp(at));
    });
    const label = say("events", { count: events.length });
    return make("details", {}, make("summary", {}, label), make("ol", {}, ...items));
  }
}

// The kinds of slots for which a browser has a field of its own.
const INPUTS = { date: "date", email: "email", phone: "tel", integer: "number" };

const textOf = (item) => (typeof item === "string" ? item : item?.text || item?.label || item?.title);

/**
 * What is handed over with a conversation: why it comes, what is known, what to do next.
 * @param {import("./proto.js").Packet} packet
 */
function drawPacket(packet, why) {
  const list = make("dl", { className: "packet" });
  const put = (name, ...nodes) => {
    const said = nodes.filter(Boolean);
    if (said.length) list.append(make("dt", {}, say(name)), make("dd", {}, ...said));
  };
  put("packet_why", why, packet.mood && " ", packet.mood && badge(packet.mood, "quiet"));
  put("packet_wants", packet.wants);
  put("packet_slots", ...(packet.slots || []).map(drawSlot));
  if (packet.tried?.length) {
    put("packet_tried", make("ul", {}, ...packet.tried.map((one) => make("li", {}, textOf(one)))));
  }
  put("packet_next", packet.next_step);
  if (packet.evidence?.length) put("packet_evidence", drawSources(packet.evidence));
  return list;
}

function drawSlot({ label, value, source }) {
  if (!value) return null;
  const where = source && ` (${named("source", source)})`;
  return make("span", { className: "chip" }, `${label}: `, make("b", {}, value), where);
}
