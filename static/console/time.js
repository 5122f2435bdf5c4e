// The server's clock, and how times and spans are written.
import { make, say, words } from "./page.js";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
// So little is left when a promise is at risk.
const RISK_MS = { first: 2 * MINUTE, resolution: 15 * MINUTE };

// Days and times as the operator's own region writes them, if it speaks the page's language.
const [tongue] = words.language.split("-");
const region = navigator.languages.find((tag) => tag.split("-")[0] === tongue) || words.language;
const units = Object.fromEntries(
  ["second", "minute", "hour", "day"].map((unit) => [
    unit,
    new Intl.NumberFormat(region, { style: "unit", unit, unitDisplay: "short" }),
  ]),
);
const clocks = new Intl.DateTimeFormat(region, { timeStyle: "short" });
const days = new Intl.DateTimeFormat(region, { month: "short", day: "numeric" });
const whole = new Intl.DateTimeFormat(region, { dateStyle: "medium", timeStyle: "short" });

let offset = 0;

/** The server has said what time it is: this machine's clock may be wrong. */
export function setNow(iso) {
  if (iso) offset = Date.parse(iso) - Date.now();
}

export const now = () => Date.now() + offset;

/** "6:20", from an hour on in words. */
export function clock(ms) {
  const left = Math.max(0, ms);
  if (left >= HOUR) return span(left);
  const seconds = Math.floor((left % MINUTE) / SECOND);
  return `${Math.floor(left / MINUTE)}:${String(seconds).padStart(2, "0")}`;
}

/** The span in its largest unit, in words: "4 min". */
export function span(ms) {
  const left = Math.max(0, ms);
  if (left < MINUTE) return units.second.format(Math.floor(left / SECOND));
  if (left < HOUR) return units.minute.format(Math.floor(left / MINUTE));
  if (left < 2 * DAY) return units.hour.format(Math.floor(left / HOUR));
  return units.day.format(Math.floor(left / DAY));
}

/** The clock time, with the day if it was another; all of it on hover. */
export function stamp(iso) {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return make("span");
  const isToday = at.toDateString() === new Date(now()).toDateString();
  const text = isToday ? clocks.format(at) : `${days.format(at)} ${clocks.format(at)}`;
  return make("time", { dateTime: at.toISOString(), title: whole.format(at) }, text);
}

export const dayOf = (iso) => new Date(iso).toDateString();

export function dayName(iso) {
  const options = { weekday: "long", day: "numeric", month: "long" };
  return new Date(iso).toLocaleDateString(region, options);
}

/**
 * How a promise to answer stands, in words and with the name of its picture.
 * @param {import("./proto.js").Row} row
 * @returns {{level: "due" | "risk" | "late", text: string, title: string} | null}
 */
export function dueOf(row) {
  if (!row.due_at || !row.due) return null;
  const title = say(`due_${row.due}`);
  const left = Date.parse(row.due_at) - now();
  if (left < 0) return { level: "late", text: say("due_late", { time: span(-left) }), title };
  const level = left < RISK_MS[row.due] ? "risk" : "due";
  return { level, text: say(`due_${level}_in`, { time: span(left) }), title };
}

/** How long the visitor has been waiting, or since when nothing was said. */
export function waited(row) {
  if (row.waiting_since) return clock(now() - Date.parse(row.waiting_since));
  return row.last?.at ? span(now() - Date.parse(row.last.at)) : "";
}
