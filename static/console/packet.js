// What is handed over with a conversation: why it comes, what is known, what to do next.
import { drawSources } from "./line.js";
import { badge, icon, make, named, say } from "./page.js";

const text = (item) => (typeof item === "string" ? item : item?.text || item?.label || item?.title);

/**
 * @param {import("./proto.js").Packet} packet
 * @param {Partial<import("./proto.js").Facts>} facts
 */
export function drawPacket(packet, { row }) {
  const list = make("dl");
  const put = (name, ...nodes) => {
    const said = nodes.filter(Boolean);
    if (said.length) list.append(make("dt", {}, say(name)), make("dd", {}, ...said));
  };
  put("packet_why", packet.why_stopped || row?.reason_text);
  put("packet_wants", packet.wants);
  put("packet_slots", ...(packet.slots || []).map(slot));
  if (packet.tried?.length) {
    put("packet_tried", make("ul", {}, ...packet.tried.map((one) => make("li", {}, text(one)))));
  }
  put("packet_next", packet.next_step);
  if (packet.evidence?.length) put("packet_evidence", drawSources(packet.evidence));
  const title = make("h3", {}, icon("hand"), say("packet"));
  if (packet.mood) title.append(" ", badge(packet.mood, "quiet"));
  return make("div", { className: "packet" }, title, list);
}

function slot({ label, value, source }) {
  if (!value) return null;
  const where = source && ` (${named("source", source)})`;
  return make("span", { className: "chip" }, `${label}: `, make("b", {}, value), where);
}
