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

  ready(() => {
    offerCopying();
    hearEveryInput();
    nameChoosers();
    // Select2 makes its boxes when jQuery is ready, and for each row that is added.
    new MutationObserver(nameChoosers).observe(document.body, { childList: true, subtree: true });
  });
})();
