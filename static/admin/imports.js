// How far an import is, asked once a second; when its work is over the page is loaded anew.

const EVERY_MS = 1000;
const box = document.querySelector("[data-progress]");

if (box) setTimeout(ask, EVERY_MS);

async function ask() {
  let now = null;
  try {
    const answer = await fetch(box.dataset.progress, { credentials: "same-origin" });
    // Signed out, or no longer allowed: the page itself says so.
    if (answer.redirected || answer.status === 403 || answer.status === 404) {
      location.reload();
      return;
    }
    if (answer.ok) now = await answer.json();
  } catch {
    // Away: asked again in a second.
  }
  box.querySelector("[data-away]").hidden = now !== null;
  if (now && !now.at_work) {
    location.reload();
    return;
  }
  if (now) show(now);
  setTimeout(ask, EVERY_MS);
}

function show(now) {
  box.querySelector("progress").value = now.share;
  const title = box.querySelector("[role=status]");
  if (title.textContent !== now.title) title.textContent = now.title;
  box.querySelector("[data-text]").textContent = now.text;
  for (const part of box.querySelectorAll("[data-late]")) part.hidden = !now.late;
}
