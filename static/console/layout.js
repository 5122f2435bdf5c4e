// Which panes are in view, and how the connection stands. Narrow screens show one at a time.
import { announce, byId, make, say, setup } from "./page.js";

const NARROW = "(max-width: 719px)";
const SLOW_MS = 1500;
const signIn = `${setup.admin}login/?next=${encodeURIComponent(location.pathname)}`;

export class Layout {
  #narrow = matchMedia(NARROW);
  #timer = 0;

  constructor() {
    byId("back").addEventListener("click", () => this.go("queue"));
    byId("show-context").addEventListener("click", () => this.context());
    byId("hide-context").addEventListener("click", () => this.context(false));
    // A phone's keyboard takes room away from what is pinned to the bottom.
    const view = window.visualViewport;
    view?.addEventListener("resize", () => {
      document.documentElement.style.setProperty("--view", `${Math.round(view.height)}px`);
      window.scrollTo(0, 0);
    });
    this.connection("first");
  }

  get isNarrow() {
    return this.#narrow.matches;
  }

  /** @param {"queue" | "thread"} pane */
  go(pane) {
    document.body.dataset.pane = pane;
    this.context(false);
  }

  /** The right pane where it is a drawer. */
  context(isShown = document.body.dataset.context !== "shown") {
    if ((document.body.dataset.context === "shown") === isShown) return;
    document.body.dataset.context = isShown ? "shown" : "";
    byId("show-context").ariaExpanded = String(isShown);
    byId(isShown ? "hide-context" : "show-context").focus();
  }

  /** In words, and not at every flicker. */
  connection(state) {
    clearTimeout(this.#timer);
    if (state === "down") this.#timer = setTimeout(() => this.#show("down"), SLOW_MS);
    else this.#show(state);
  }

  #show(state) {
    const place = byId("connection");
    if (place.dataset.state === state) return;
    const was = place.dataset.state;
    place.dataset.state = state;
    place.lastElementChild.textContent = say(`link_${state}`);
    if (was && was !== "first") announce(say(`link_${state}`));
    const strip = byId("strip");
    strip.hidden = state === "up" || state === "first";
    if (strip.hidden) return;
    strip.replaceChildren(say(`strip_${state}`));
    if (state === "signed_out") {
      strip.append(" ", make("a", { href: signIn }, say("sign_in")));
    }
  }
}

/** Small menus that fold out: they close like menus, by Escape, by a choice or by looking elsewhere. */
export function watchMenus() {
  const close = (menu) => menu.removeAttribute("open");
  const openOnes = () => document.querySelectorAll("details.menu[open]");
  document.addEventListener("pointerdown", ({ target }) => {
    for (const menu of openOnes()) if (!menu.contains(target)) close(menu);
  });
  document.addEventListener("focusin", ({ target }) => {
    for (const menu of openOnes()) if (!menu.contains(target)) close(menu);
  });
  document.addEventListener("click", ({ target }) => {
    const menu = target.closest("details.menu[open]");
    if (menu && target.closest("button")) {
      close(menu);
      menu.querySelector("summary").focus();
    }
  });
  document.addEventListener("keydown", (event) => {
    const menu = document.activeElement?.closest("details.menu[open]");
    if (event.key !== "Escape" || !menu) return;
    event.preventDefault();
    close(menu);
    menu.querySelector("summary").focus();
  });
}
