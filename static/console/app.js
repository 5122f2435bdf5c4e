// The console: joins the server's frames to the three panes.
import { Alerts } from "./alerts.js";
import { Bulk } from "./bulk.js";
import { Composer } from "./composer.js";
import { Desk, Typing } from "./desk.js";
import { bindKeys } from "./commands.js";
import { Layout, watchMenus } from "./layout.js";
import { Link } from "./link.js";
import { Pane } from "./pane.js";
import { Presence } from "./presence.js";
import { byId, later } from "./page.js";
import { Queue } from "./queue.js";
import { Threads } from "./threads.js";
import { Verbs } from "./verbs.js";

const SEARCH_MS = 300;
const ACTIVE_MS = 30000;
// E-mails about waiting tickets lead to a conversation.
const ADDRESSED = /^#[0-9a-f-]{36}$/;

const desk = new Desk({
  resnap: () => link.tell("resnap"),
  rows: (ids, before) => rowsChanged(ids, before),
  people: () => presence.draw(),
  welcome: () => greeted(),
});
const link = new Link({ frame: (frame) => take(frame), change: (state) => linkChanged(state) });
const verbs = new Verbs(desk, link);
const threads = new Threads((type, body) => link.tell(type, body));
const typing = new Typing(() => pane.typing());
const layout = new Layout();
const composer = new Composer(desk, link, {
  changed: (isOwnLine) => pane.changed(isOwnLine),
  sent: (thread) => pane.sent(thread),
});
const pane = new Pane({ desk, link, verbs, threads, typing, composer, open: (id) => openSession(id) });
const presence = new Presence(desk, verbs);
const queue = new Queue(desk, { select: (id) => openSession(id), picked: () => bulk.draw() });
const bulk = new Bulk(queue, verbs);
const alerts = new Alerts(desk, (id) => openSession(id), (row) => {
  openSession(row.id);
  verbs.claim(row);
});

/** Brings a conversation into the middle. */
function openSession(id) {
  // So that a reload, or the address in a message to a colleague, comes back to it.
  history.replaceState(null, "", `#${id}`);
  if (queue.selected !== id) queue.select(id, false);
  pane.show(id, queue.rowOf(id));
  layout.go("thread");
}

function greeted() {
  typing.clear();
  if (!pane.thread && ADDRESSED.test(location.hash)) openSession(location.hash.slice(1));
  threads.reopen();
  pane.again();
  if (Date.now() - used < ACTIVE_MS) link.tell("active");
}

function rowsChanged(ids, before) {
  queue.changed(ids);
  alerts.look(ids, before, pane.inView);
  for (const id of ids) {
    const row = desk.rows.get(id);
    if (row) pane.rowChanged(row);
  }
}

function take(frame) {
  if (!desk.take(frame)) pane.take(frame);
}

function linkChanged(state) {
  if (state !== "up") {
    desk.cut();
    typing.clear();
  }
  layout.connection(state);
}

const search = byId("search");
const find = later(SEARCH_MS, async () => {
  const query = search.value.trim();
  if (!query) {
    queue.find(null);
    return;
  }
  const done = await verbs.send("search", { query });
  if (done && query === search.value.trim()) queue.find(done.rows);
});
search.addEventListener("input", find);
search.form.addEventListener("submit", (event) => {
  event.preventDefault();
  find.now();
});

/** Whoever has pressed no key for a while counts as idle. */
let told = 0;
let used = Date.now();
for (const name of ["pointerdown", "pointermove", "keydown"]) {
  addEventListener(
    name,
    () => {
      used = Date.now();
      if (used - told < ACTIVE_MS) return;
      told = used;
      link.tell("active");
    },
    { passive: true },
  );
}

watchMenus();
bindKeys({ desk, link, queue, pane, composer, verbs, layout, alerts, presence, open: openSession });
link.start();
