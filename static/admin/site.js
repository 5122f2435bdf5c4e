// The site form's preview: the widget itself in a frame, told the theme as it is typed.
// The form's scripts stand in the head: there is no stage yet.
addEventListener("DOMContentLoaded", () => {
  "use strict";
  const stage = document.getElementById("site-preview");
  if (!stage) return;
  const frame = stage.querySelector("iframe");
  const launcher = stage.querySelector(".hd-launcher");
  const field = (name) => document.getElementById(`id_${name}`);
  const NAMES = [
    "accent", "ink", "scheme", "font", "radius", "side", "offset_inline", "offset_block",
  ];
  let port = null;

  const linear = (part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  const luminance = (colour) => {
    const [red, green, blue] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255);
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
  };
  /** Black or white, whichever reads better; they are even at this luminance (WCAG 2.2). */
  const inkOn = (colour) => (luminance(colour) > 0.179 ? "#000000" : "#ffffff");

  function theme() {
    const value = Object.fromEntries(NAMES.map((name) => [name, field(name)?.value]));
    const accent = /^#[0-9a-f]{6}$/i.test(value.accent) ? value.accent : "#0b6e6e";
    return {
      accent,
      ink: value.ink === "auto" ? inkOn(accent) : value.ink,
      scheme: value.scheme,
      font: value.font,
      radius: Number(value.radius) || 0,
      side: value.side,
      offset: [Number(value.offset_inline) || 0, Number(value.offset_block) || 0],
    };
  }
  function paint() {
    const now = theme();
    launcher.style.setProperty("--accent", now.accent);
    launcher.style.setProperty("--ink", now.ink);
    launcher.style.margin = `0 ${Math.min(now.offset[0], 120)}px ${Math.min(now.offset[1], 60)}px`;
    stage.dataset.side = now.side;
    frame.style.borderRadius = `${now.radius}px`;
    port?.postMessage({ type: "theme", theme: now });
  }
  function show(isOpen) {
    frame.hidden = !isOpen;
    launcher.ariaExpanded = String(isOpen);
    port?.postMessage({ type: isOpen ? "open" : "closed", focus: isOpen, narrow: true });
    (isOpen ? frame : launcher).focus();
  }
  /** What the loader does on a shop's page, without a memory. */
  function hand(event) {
    if (event.source !== frame.contentWindow || event.origin !== location.origin) return;
    if (event.data?.helpdesk !== "ready") return;
    port?.close();
    const channel = new MessageChannel();
    port = channel.port1;
    port.onmessage = ({ data }) => {
      if (data.type === "swap") port.postMessage({ type: "swapped", id: data.id, value: data.value });
      if (data.type === "locale") load(data.locale);
      if (data.type === "close") show(false);
      if (data.type !== "started") return;
      paint();
      port.postMessage({ type: "open", focus: false, narrow: true });
    };
    frame.contentWindow.postMessage({ helpdesk: "port" }, location.origin, [channel.port2]);
    port.postMessage({ type: "start", stored: {}, open: true, page: {} });
  }
  function load(locale) {
    const address = new URL(stage.dataset.frame, location.href);
    address.searchParams.set("locale", locale);
    frame.src = address.href;
  }

  addEventListener("message", hand);
  launcher.addEventListener("click", () => show(frame.hidden));
  for (const name of NAMES) field(name)?.addEventListener("input", paint);
  for (const name of NAMES) field(name)?.addEventListener("change", paint);
  paint();
  load(document.documentElement.lang || navigator.language);
});
