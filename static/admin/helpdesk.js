// Small things that the pages of the admin need beside Unfold's scripts. No inline script runs
// under the admin's policy.
"use strict";

(() => {
  const ready = (run) =>
    document.readyState === "loading" ? document.addEventListener("DOMContentLoaded", run) : run();

  // A button behind each piece of code; without scripts it is selected by a click.
  const offerCopying = () => {
    const words = document.getElementById("hd-words")?.dataset;
    if (!navigator.clipboard || !words) return;
    for (const code of document.querySelectorAll("[data-copyable]")) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "hd-copy";
      button.textContent = words.copy;
      button.addEventListener("click", async () => {
        try {
          await navigator.clipboard.writeText(code.innerText.trim());
          button.textContent = words.copied;
        } catch {
          getSelection().selectAllChildren(code);
          button.textContent = words.select;
        }
      });
      code.after(button);
    }
  };

  // Select2 names its box after what is chosen in it: after nothing, when nothing is.
  const nameChoosers = () => {
    for (const box of document.querySelectorAll(".select2-selection")) {
      const select = box.closest(".select2")?.previousElementSibling;
      const label = select?.labels?.[0]?.textContent.trim();
      if (!label) continue;
      for (const part of [box, ...box.querySelectorAll("[role=textbox]")]) {
        part.setAttribute("aria-label", label);
      }
    }
  };

  // Pasted words and those taken from an input method press no key that the search would hear.
  const hearEveryInput = () => {
    for (const field of document.querySelectorAll("#nav-filter, #search-input-command")) {
      let waiting;
      field.addEventListener("input", (event) => {
        clearTimeout(waiting);
        if (event.isComposing) return;
        waiting = setTimeout(() => field.dispatchEvent(new Event("keyup")), 300);
      });
      field.addEventListener("compositionend", () => field.dispatchEvent(new Event("input")));
    }
  };

  // Where a field stands: inside of what is folded away, and drawn by a script of its own.
  const seenPart = (field) =>
    field.type === "hidden" || field.matches(".select2-hidden-accessible")
      ? field.parentElement.querySelector(".select2-selection") ?? field.parentElement
      : field;

  const reveal = (id) => {
    const field = id && document.getElementById(id);
    if (!field) return false;
    for (let fold = field.closest("details:not([open])"); fold; ) {
      fold.open = true;
      fold = fold.parentElement.closest("details:not([open])");
    }
    const part = seenPart(field);
    part.scrollIntoView({ block: "center" });
    if (part.tabIndex < 0 && !part.matches("input, select, textarea, button, a")) {
      part.setAttribute("tabindex", "-1");
    }
    part.focus({ preventScroll: true });
    return true;
  };

  // A link to a field leads there: to the first one by itself after a form was refused.
  const leadToFields = () => {
    document.addEventListener("click", (event) => {
      const link = event.target.closest("a[data-reveal]");
      if (link?.pathname === location.pathname && reveal(link.hash.slice(1))) {
        event.preventDefault();
      }
    });
    const first = document.querySelector(".hd-faults [data-reveal]");
    const asked = location.hash.startsWith("#id_") || location.hash.endsWith("-group");
    if (first) reveal(first.hash.slice(1));
    else if (asked) reveal(location.hash.slice(1));
  };

  // How many wait for an operator is counted again as long as the page is seen.
  const countWaiting = () => {
    const link = document.querySelector('a[href$="/admin/console/"]:has(span + span)');
    if (!link) return;
    const show = (count) => {
      link.lastElementChild.textContent = count;
      link.lastElementChild.hidden = !Number(count);
    };
    show(link.lastElementChild.textContent.trim());
    setInterval(async () => {
      if (document.hidden) return;
      const answer = await fetch(`${link.pathname}waiting`).catch(() => null);
      if (answer?.ok && !answer.redirected) {
        show((await answer.json()).waiting);
      }
    }, 20000);
  };

  ready(() => {
    countWaiting();
    leadToFields();
    offerCopying();
    hearEveryInput();
    nameChoosers();
    // Select2 makes its boxes when jQuery is ready, and for each row that is added.
    new MutationObserver(nameChoosers).observe(document.body, { childList: true, subtree: true });
  });
})();
