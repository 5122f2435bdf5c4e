// The launcher. Put on a page by
//   <script async src="https://desk.example/w/1/loader.js" data-key="KEY"></script>
// Optional: data-locale, data-accent, data-ink, data-side="start", data-offset="20 20" (pixels from
// the side and from the bottom); what is left out comes with the frame, and is remembered.
// CSS variables: --helpdesk-z, --helpdesk-offset-inline, --helpdesk-offset-block.
// Commands before it is there: (window.Helpdesk ||= []).push(["open"]).
// Nothing else is fetched until the panel opens, unless a chat is going on already.
(() => {
  "use strict";
  const script =
    document.currentScript || document.querySelector('script[data-key][src*="/w/1/loader."]');
  const early = window.Helpdesk || [];
  if (!Array.isArray(early) || !script) return;

  const WORDS = {
    en: {
      open: "Open support chat",
      unread: ", {count} new",
      title: "Support chat",
      loading: "Loading…",
      failed: "The chat cannot be reached right now.",
      again: "Try again",
      close: "Close",
    },
    zh: {
      open: "打开客服对话",
      unread: "，{count} 条新消息",
      title: "客服对话",
      loading: "正在加载…",
      failed: "暂时无法连接客服。",
      again: "重试",
      close: "关闭",
    },
  };
  // A phone, upright or lying.
  const NARROW = "(max-width: 600px), (max-height: 480px) and (pointer: coarse)";
  const CSS = `
:host { all: initial; color-scheme: light dark; --accent: #0b6e6e; --ink: #fff;
  --inline: var(--helpdesk-offset-inline, var(--x, 20px));
  --block: var(--helpdesk-offset-block, var(--y, 20px)); }
:host([hidden]), [hidden] { display: none !important; }
* { box-sizing: border-box; font: 16px/1.5 system-ui, sans-serif; }
button { padding: 10px 18px; border: 1px solid; border-radius: 8px; background: none;
  color: inherit; cursor: pointer; }
button:focus-visible { outline: 3px solid #2563eb; outline-offset: 2px; }
.launcher, .panel { position: fixed; z-index: var(--helpdesk-z, 99990);
  inset-inline-end: var(--inline); inset-block-end: var(--block);
  box-shadow: 0 6px 20px rgb(0 0 0 / .3); }
:host([data-side="start"]) :is(.launcher, .panel) { inset-inline: var(--inline) auto; }
.launcher { inline-size: 60px; block-size: 60px; padding: 0; border: 2px solid transparent;
  border-radius: 50%; background: var(--accent); color: var(--ink); }
svg { display: block; inline-size: 28px; margin: auto; fill: none; stroke: currentColor;
  stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
[aria-expanded="false"] .down, [aria-expanded="true"] .chat { display: none; }
.badge { position: absolute; inset-block-start: -5px; inset-inline-end: -5px; padding: 0 7px;
  border-radius: 11px; background: #c81e1e; color: #fff; font-size: 14px; }
.panel { inline-size: min(400px, 100vw - 2 * var(--inline)); overflow: hidden;
  inset-block-end: calc(var(--block) + 74px); block-size: min(680px, 100dvh - var(--block) - 94px);
  border-radius: var(--radius, 16px); outline: 1px solid rgb(128 128 128 / .4); background: Canvas;
  color: CanvasText; animation: rise .2s; }
iframe { position: relative; inline-size: 100%; block-size: 100%; border: 0; }
.waiting { visibility: hidden; }
.wait { position: absolute; inset: 0; display: grid; gap: 12px; place-content: center; }
@keyframes rise { from { opacity: 0; transform: translateY(12px); } }
@media ${NARROW} {
  :host .panel { inset: var(--view-top, 0) 0 auto !important; inline-size: 100%; block-size: var(--view, 100dvh);
    border-radius: 0; }
  [aria-expanded="true"] { display: none; }
}
@media (prefers-reduced-motion: reduce) { .panel { animation: none; } }
@media (forced-colors: active) { .launcher { border-color: ButtonText; } }`;
  const ICONS = {
    chat: "M4 5h16v11H9l-5 4ZM8.5 10.5h.01M12 10.5h.01M15.5 10.5h.01",
    down: "m6 9.5 6 6 6-6",
  };

  const KEY = script.dataset.key || "";
  const ORIGIN = new URL(script.src).origin;
  const FRAME = new URL("frame/", script.src);
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const PREFIX = `helpdesk:${KEY}:`;
  const narrow = matchMedia(NARROW);
  const listeners = new Map();
  const ending = new AbortController();
  const until = { signal: ending.signal };
  let isOpen = false;
  let unread = 0;
  let frame = null;
  let port = null;
  let patience = 0;
  let madeInert = false;
  let focusing = false;
  /** What the frame is to be told as soon as it is there. */
  const wishes = [];
  let leaving = null;
  let identity = null;
  /** The theme that this page asked for; it goes before the site's. */
  const own = {};

  // ---- What the browser keeps, on the page's own origin: a frame of another site may have no
  // storage at all. Without any, this page's memory must do.
  const memory = new Map();
  const area = (name) => (name === "open" ? sessionStorage : localStorage);
  function read(name) {
    if (memory.has(name)) return memory.get(name);
    try {
      return area(name).getItem(PREFIX + name);
    } catch {
      return null;
    }
  }
  function write(name, value) {
    try {
      if (value === null) area(name).removeItem(PREFIX + name);
      else area(name).setItem(PREFIX + name, value);
      memory.delete(name);
    } catch {
      memory.set(name, value);
    }
  }
  function readAll() {
    const names = [...memory.keys()];
    try {
      for (const full of Object.keys(localStorage)) {
        if (full.startsWith(PREFIX)) names.push(full.slice(PREFIX.length));
      }
    } catch {
      // blocked
    }
    return Object.fromEntries(names.map((name) => [name, read(name)]));
  }
  function parsed(text) {
    try {
      return JSON.parse(text) || {};
    } catch {
      return {};
    }
  }
  /** Two tabs may both begin a chat, or both renew a token: the first one wins in both. */
  function swap({ id, name, was, value }) {
    if (read(name) === was) write(name, value);
    tell({ type: "swapped", id, value: read(name) });
  }

  // A choice made in the chat holds on pages of the language it was made on.
  const spoken = script.dataset.locale || document.documentElement.lang || navigator.language;
  let locale = read(`locale ${spoken}`) || spoken;
  const words = () => WORDS[/^zh\b/i.test(locale) ? "zh" : "en"];

  function make(tag, properties, ...children) {
    const node = Object.assign(document.createElement(tag), properties);
    node.append(...children);
    return node;
  }
  function icon(name) {
    const space = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(space, "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    svg.setAttribute("class", name);
    const path = document.createElementNS(space, "path");
    path.setAttribute("d", ICONS[name]);
    svg.append(path);
    return svg;
  }
  const host = document.createElement("helpdesk-chat");
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(CSS);
  const style = sheet.cssRules[0].style;
  const badge = make("span", { className: "badge", ariaHidden: "true", hidden: true });
  const button = (properties) => make("button", { type: "button", ...properties });
  const launcher = button({ className: "launcher", ariaExpanded: "false" });
  launcher.append(icon("chat"), icon("down"), badge);
  const status = make("p", { role: "status" });
  const again = button({ hidden: true });
  const shut = button();
  const wait = make("div", { className: "wait" }, status, again, shut);
  const panel = make("div", { className: "panel", hidden: true }, wait);

  function label(count = unread) {
    unread = count;
    const said = words();
    host.lang = locale;
    launcher.ariaLabel = said.open + (unread ? said.unread.replace("{count}", unread) : "");
    badge.textContent = unread > 99 ? "99+" : unread;
    badge.hidden = !unread;
    [again.textContent, shut.textContent] = [said.again, said.close];
    status.textContent = again.hidden ? said.loading : said.failed;
    if (frame) frame.title = said.title;
  }
  function paint({ accent, ink, side, offset, radius, scheme }) {
    const [x, y] = String(offset ?? "").match(/\d+/g) || [];
    const lengths = { "--x": x, "--y": y, "--radius": radius };
    for (const [name, value] of Object.entries(lengths)) {
      if (value !== undefined) style.setProperty(name, `${value}px`);
    }
    if (accent) style.setProperty("--accent", accent);
    if (ink) style.setProperty("--ink", ink);
    if (side) host.dataset.side = side;
    if (scheme) style.setProperty("color-scheme", scheme === "auto" ? "light dark" : scheme);
  }

  function load() {
    clearTimeout(patience);
    // In a sandbox without an origin the frame has none either, and can reach nobody.
    patience = setTimeout(giveUp, self.origin === "null" ? 0 : 10000);
    again.hidden = true;
    wait.hidden = false;
    FRAME.search = new URLSearchParams({ key: KEY, locale, zone, at: location.origin });
    const isNew = !frame;
    frame ||= make("iframe", { referrerPolicy: "no-referrer", onload: expect });
    frame.className = "waiting";
    frame.src = FRAME.href;
    // With its address: an empty one would be reported as loaded.
    if (isNew) panel.append(frame);
    label();
  }
  /** Its scripts have run when it is loaded: one that is refused here has none. */
  function expect() {
    if (!frame.className) return;
    clearTimeout(patience);
    patience = setTimeout(giveUp, 1000);
  }
  function giveUp() {
    again.hidden = false;
    label();
    emit("error", { code: "unreachable" });
  }
  function tell(message) {
    port?.postMessage(message);
  }
  /** The frame asks again until it is answered, and after every reload: the newest port counts. */
  function hand(event) {
    if (!frame || event.source !== frame.contentWindow || event.origin !== ORIGIN) return;
    if (event.data?.helpdesk !== "ready") return;
    port?.close();
    const channel = new MessageChannel();
    port = channel.port1;
    port.onmessage = ({ data }) => take(data);
    frame.contentWindow.postMessage({ helpdesk: "port" }, ORIGIN, [channel.port2]);
    const page = { url: location.origin + location.pathname, title: document.title };
    tell({ type: "start", stored: leaving || readAll(), open: isOpen, page });
  }
  /** For what must not be lost while the frame is not there yet. */
  function wish(message) {
    if (frame && !frame.className) tell(message);
    else wishes.push(message);
  }
  async function introduce() {
    const asked = identity;
    const jwt = typeof asked === "function" ? await asked() : asked;
    // Meanwhile the page may have logged out, or somebody else in.
    if (jwt && asked === identity) tell({ type: "identify", jwt });
  }
  function take(message) {
    if (message.type === "started") {
      clearTimeout(patience);
      wait.hidden = true;
      frame.className = "";
      leaving = null;
      paint({ ...message.theme, ...own });
      tell({ type: "theme", theme: own });
      // A visitor who only looks leaves nothing behind.
      if (read("token")) write("theme", JSON.stringify(message.theme));
      for (const wanted of wishes.splice(0)) tell(wanted);
      introduce();
      show(isOpen && (focusing || document.activeElement === host));
    } else if (message.type === "keep") write(message.name, message.value);
    else if (message.type === "swap") swap(message);
    else if (message.type === "close") api.close();
    else if (message.type === "identify") introduce();
    else if (message.type === "locale") {
      write(`locale ${spoken}`, message.locale);
      api.setLocale(message.locale);
    } else if (message.type === "event") {
      if (message.name === "unread") label(message.detail.count);
      emit(message.name, message.detail);
    }
  }
  function show(focus) {
    if (focus) frame.focus();
    tell({ type: isOpen ? "open" : "closed", focus, narrow: narrow.matches });
  }

  // ---- full screen on a phone: the page behind takes no part
  function cover() {
    const covers = isOpen && narrow.matches && !host.hidden;
    if (covers !== madeInert) document.body.inert = madeInert = covers;
    fit();
  }
  /** Keeps the text box above a phone's keyboard, which shrinks only the visual viewport. */
  function fit() {
    const view = visualViewport;
    if (!view || !isOpen || !narrow.matches) return;
    style.setProperty("--view", `${view.height}px`);
    style.setProperty("--view-top", `${view.offsetTop}px`);
  }
  function setOpen(wanted, focus) {
    if (wanted === isOpen) return;
    const held = document.activeElement === host || document.activeElement === document.body;
    isOpen = wanted;
    write("open", wanted ? "1" : null);
    panel.hidden = !wanted;
    launcher.ariaExpanded = String(wanted);
    cover();
    if (wanted) label(0);
    if (!frame) load();
    show(wanted && focus);
    focusing = wanted && focus;
    if (!wanted && held) launcher.focus();
    emit(wanted ? "open" : "close");
  }

  function emit(name, detail = {}) {
    // For whoever builds the shop; why, says the log of Helpdesk.
    if (/^identity_/.test(detail.code)) console.warn(`Helpdesk: identify() has failed (${detail.code})`);
    // Each in a task of its own: a broken listener must not break the chat, nor go unseen.
    for (const listener of listeners.get(name) || []) setTimeout(listener, 0, detail);
  }
  const api = {
    open: () => setOpen(true, true),
    close: () => setOpen(false, true),
    toggle: () => setOpen(!isOpen, true),
    hide: () => cover((host.hidden = true)),
    show: () => cover((host.hidden = false)),
    destroy() {
      isOpen = false;
      cover();
      ending.abort();
      watch.disconnect();
      clearTimeout(patience);
      port?.close();
      host.remove();
      delete window.Helpdesk;
    },
    prefill: (text) => wish({ type: "prefill", text: String(text) }),
    /** A signed identity (JWT), or a function that brings a fresh one. */
    identify(wanted) {
      identity = wanted;
      // Else when the frame is there: by then this one may be too old.
      if (frame && !frame.className) introduce();
    },
    /** For the next person at this browser nothing is left, even if the server cannot be told. */
    logout() {
      identity = null;
      const kept = readAll();
      for (const name of Object.keys(kept)) write(name, null);
      if (!frame && !kept.token) return;
      wish({ type: "logout" });
      if (frame && !frame.className) return;
      leaving = kept;
      if (!frame) load();
    },
    /** Some or all of what the site's theme has; kept for this page. */
    setTheme(theme) {
      Object.assign(own, theme);
      paint(own);
      wish({ type: "theme", theme });
    },
    /** A command that fails is told, and keeps none of the others from being done. */
    push(command) {
      try {
        const [name, ...values] = command;
        if (Object.hasOwn(api, name)) api[name](...values);
      } catch (error) {
        console.error(error);
      }
    },
    setLocale(wanted) {
      if (!wanted || wanted === locale) return;
      locale = wanted;
      label();
      if (frame) load();
    },
    on(name, listener) {
      if (!listeners.has(name)) listeners.set(name, new Set());
      listeners.get(name).add(listener);
      if (name === "ready" && host.isConnected) setTimeout(listener, 0, {});
    },
    off: (name, listener) => void listeners.get(name)?.delete(listener),
  };
  window.Helpdesk = api;

  // Beside the body, not in it: a router that swaps the body leaves the chat alone.
  const attach = () => host.isConnected || document.documentElement.append(host);
  const watch = new MutationObserver(attach);
  function begin() {
    if (ending.signal.aborted) return;
    const root = host.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet];
    root.append(launcher, panel);
    paint(script.dataset);
    paint(parsed(read("theme")));
    label();
    attach();
    watch.observe(document.documentElement, { childList: true });
    launcher.addEventListener("click", api.toggle);
    shut.addEventListener("click", api.close);
    again.addEventListener("click", load);
    host.addEventListener("keydown", (event) => event.key === "Escape" && isOpen && api.close());
    narrow.addEventListener("change", cover, until);
    visualViewport?.addEventListener("resize", fit, until);
    visualViewport?.addEventListener("scroll", fit, until);
    addEventListener("message", hand, until);
    addEventListener(
      "storage",
      (event) =>
        event.key?.startsWith(PREFIX) &&
        tell({ type: "stored", name: event.key.slice(PREFIX.length), value: event.newValue }),
      until,
    );
    emit("ready");
    for (const command of early) api.push(command);
    if (read("open")) setOpen(true, false);
    else if (read("token")) (window.requestIdleCallback || setTimeout)(() => frame || ending.signal.aborted || load());
  }
  if (document.readyState === "loading") {
    document.addEventListener("DOMContentLoaded", begin, { once: true, ...until });
  } else begin();
})();
