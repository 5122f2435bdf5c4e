// Plain text with a few marks becomes nodes. Never HTML: every line may be a stranger's.
import { make, say } from "./page.js";

const MARKS = /\*\*([^*\n]+)\*\*|`([^`\n]+)`|(https?:\/\/[^\s<>"'`（）《》，。；！？、]+)/g;
const ITEM = /^\s*[-•*]\s+/;

/** Paragraphs, "- " lists, **bold**, `code` and links. */
export function rich(text) {
  const made = document.createDocumentFragment();
  let block = null;
  for (const line of text.split("\n")) {
    if (!line.trim()) block = null;
    else if (ITEM.test(line)) {
      if (block?.tagName !== "UL") made.append((block = make("ul")));
      block.append(make("li", {}, ...inline(line.replace(ITEM, ""))));
    } else if (block?.tagName === "P") block.append(make("br"), ...inline(line));
    else made.append((block = make("p", {}, ...inline(line))));
  }
  return made;
}

/** What a visitor wrote: paragraphs and links, no marks. */
export function plain(text) {
  const paragraph = make("p", { className: "plain" });
  let from = 0;
  for (const match of text.matchAll(MARKS)) {
    if (!match[3]) continue;
    paragraph.append(text.slice(from, match.index), ...address(match[3]));
    from = match.index + match[0].length;
  }
  paragraph.append(text.slice(from));
  return paragraph;
}

function inline(line) {
  const made = [];
  let from = 0;
  for (const match of line.matchAll(MARKS)) {
    made.push(line.slice(from, match.index));
    from = match.index + match[0].length;
    if (match[1]) made.push(make("strong", {}, match[1]));
    else if (match[2]) made.push(make("code", {}, match[2]));
    else made.push(...address(match[3]));
  }
  made.push(line.slice(from));
  return made.filter((part) => part !== "");
}

function address(found) {
  const url = found.replace(/[.,;:!?)\]]+$/, "");
  return [link(url, url), found.slice(url.length)];
}

/**
 * A link that opens in a new tab, or plain text when the address is not of the web, or of a host in
 * other letters, which look like those of another one.
 */
export function link(url, title) {
  if (!/^https?:\/\/[\w.:[\]-]+([/?#]|$)/i.test(url || "")) return title;
  const properties = { href: url, target: "_blank", rel: "noopener noreferrer" };
  return make("a", properties, title, make("span", { className: "sr" }, ` ${say("new_tab")}`));
}
