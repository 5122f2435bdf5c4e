// What is fetched when it is first needed: each thing in a file of its own, with its sentences.
import { announce, button, config, icon, make, say, written } from "./page.js";

/** What the frame lends to those files; app.js adds to it. @type {Object<string, any>} */
export const kit = { announce, button, icon, make, say, written, locale: config.locale };
const fetched = {};
let styles = null;

/**
 * The module of that name, ready. Throws without a network; it is fetched again then.
 * @param {"closing" | "edited" | "files" | "forms" | "queue" | "reasons" | "sound" | "twin"} name
 */
export const need = (name) => (fetched[name] ||= bring(name));

async function bring(name) {
  try {
    styles ||= styled();
    const [found] = await Promise.all([import(`./${name}.js`), styles]);
    found.prepare(kit);
    return found;
  } catch (error) {
    fetched[name] = null;
    throw error;
  }
}

/** One sheet for all of them. Without it they are plain, and work. */
function styled() {
  const href = new URL("more.css", import.meta.url).href;
  const sheet = make("link", { rel: "stylesheet", href });
  document.head.append(sheet);
  return new Promise((resolve) => (sheet.onload = sheet.onerror = resolve));
}
