// Everything that keys, the palette and the buttons of the top bar can do.
import { listen, MOD, openHelp } from "./keys.js";
import { action, openPalette } from "./palette.js";
import { byId, named } from "./page.js";
import { openPreferences } from "./preferences.js";
import { TABS } from "./queue.js";
import { nameOf } from "./verbs.js";

const VERBS = { claim: "C", take_over: "C", resolve: `${MOD} Shift Enter` };
const FOUND = 8;

/** @param {Object<string, any>} parts of the console */
export function bindKeys(parts) {
  const { desk, link, queue, pane, composer, verbs, layout, alerts } = parts;
  const palette = () => openPalette(entries(parts, acts), (query) => found(parts, query));
  const acts = {
    preferences: () => openPreferences(desk, alerts, (values) => save(link, values)),
    shortcuts: openHelp,
  };
  const compose = (mode) => () => pane.thread && composer.mode(mode);
  const take = () => {
    const name = ["claim", "take_over"].find((verb) => verbs.offered(pane.row).includes(verb));
    if (name) verbs.run(name, pane.row);
  };
  byId("open-palette").addEventListener("click", palette);
  byId("open-preferences").addEventListener("click", acts.preferences);
  byId("open-help").addEventListener("click", acts.shortcuts);
  const single = {
    j: () => queue.step(1),
    ArrowDown: () => queue.step(1),
    k: () => queue.step(-1),
    ArrowUp: () => queue.step(-1),
    c: take,
    r: compose("reply"),
    n: compose("note"),
    x: () => queue.selected && queue.pick(queue.selected),
    s: () => byId("search").focus(),
    i: () => layout.context(),
    z: () => verbs.undo(),
    "?": acts.shortcuts,
    Escape: () => escape(parts),
  };
  TABS.forEach((tab, at) => (single[at + 1] = () => queue.show(tab)));
  listen(desk, single, {
    k: palette,
    "shift+Enter": () => verbs.run("resolve", pane.row),
  });
}

/** One step back: out of the drawer, the box, the search; then to the list. */
function escape({ queue, layout }) {
  if (document.body.dataset.context === "shown") layout.context(false);
  else if (document.activeElement === byId("text")) queue.focus();
  else if (byId("search").value) queue.show(queue.tab);
  else layout.go("queue");
}

function entries({ pane, composer, verbs, queue, presence }, acts) {
  const offered = verbs.offered(pane.row).map((name) =>
    action(name, () => verbs.run(name, pane.row), VERBS[name]),
  );
  const writing = pane.thread
    ? [
        action("reply", () => composer.mode("reply"), "R"),
        action("note", () => composer.mode("note"), "N"),
        ...(byId("suggest").hidden ? [] : [action("suggest", () => byId("suggest").click())]),
      ]
    : [];
  const tabs = TABS.map((tab, at) => action(`tab_${tab}`, () => queue.show(tab), String(at + 1)));
  return [
    ...offered,
    ...writing,
    ...tabs,
    action("available", () => presence.set("available")),
    action("away", () => presence.set("away")),
    action("search", () => byId("search").focus(), "S"),
    action("preferences", acts.preferences),
    action("shortcuts", acts.shortcuts, "?"),
    action("undo", () => verbs.undo(), "Z"),
    action("admin", () => byId("admin").click()),
  ];
}

function found({ desk, open }, query) {
  const part = query.toLowerCase();
  const rows = [...desk.rows.values()].filter((row) => nameOf(row).toLowerCase().includes(part));
  return rows.slice(0, FOUND).map((row) => ({
    label: nameOf(row),
    hint: named("kind", row.kind),
    run: () => open(row.id),
  }));
}

/** A choice that could not be kept is there again with the next page: nothing to be done. */
function save(link, values) {
  link.ask("settings", { values }, true).catch(() => {});
}
