// How the widget looks: the site's colours, corners and font, light or dark.
/**
 * @typedef {{accent: string, ink?: string, radius?: number, font?: string,
 *   scheme?: "auto" | "light" | "dark"}} Theme
 */

const PAGES = { light: "#f2f5f7", dark: "#262c33" };
const READABLE = 4.6;
// The luminance at which black and white stand out equally.
const EVEN = 0.179;
const root = document.documentElement;
const dark = matchMedia("(prefers-color-scheme: dark)");
/** @type {Theme} */
let theme = { accent: "#0b6e6e" };

/** @param {Partial<Theme>} change what it does not name stays as it is */
export function setTheme(change) {
  const { accent = theme.accent, ...rest } = change;
  // An ink belongs to its accent.
  if (accent !== theme.accent) delete theme.ink;
  theme = { ...theme, ...rest, accent: /^#[0-9a-f]{6}$/i.test(accent) ? accent : theme.accent };
  paint();
}

function paint() {
  const { accent, ink, radius = 16, font, scheme } = theme;
  const isDark = scheme === "dark" || (scheme !== "light" && dark.matches);
  root.dataset.scheme = isDark ? "dark" : "light";
  root.dataset.font = font;
  const on = luminance(parts(accent)) > EVEN ? "#000000" : "#ffffff";
  const tint = readable(accent, isDark);
  const values = { accent, ink: ink || on, radius: `${parseInt(radius) || 0}px`, tint };
  for (const [name, value] of Object.entries(values)) root.style.setProperty(`--${name}`, value);
}

/** The accent, moved towards black or white until it can be read on the page. */
function readable(accent, isDark) {
  const page = luminance(parts(PAGES[isDark ? "dark" : "light"]));
  const end = isDark ? 255 : 0;
  for (let share = 0; share < 1; share += 0.1) {
    const mixed = parts(accent).map((part) => Math.round(part + (end - part) * share));
    const [low, high] = [page, luminance(mixed)].sort((one, other) => one - other);
    if ((high + 0.05) / (low + 0.05) >= READABLE) return `rgb(${mixed})`;
  }
  return `rgb(${[end, end, end]})`;
}

/** @param {string} colour such as #0b6e6e */
const parts = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));

/** Relative luminance as WCAG 2.2 defines it. */
function luminance(rgb) {
  const [red, green, blue] = rgb.map((part) => {
    const value = part / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

dark.addEventListener("change", paint);
