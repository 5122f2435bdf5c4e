// Says that a form is under way, so that nobody sends it twice. Without scripts it is just sent.
"use strict";

document.addEventListener("submit", (event) => {
  const form = event.target;
  const button = form.dataset.busy && form.querySelector("[type=submit]");
  if (!button) return;
  if (form.ariaBusy === "true") {
    event.preventDefault();
    return;
  }
  form.ariaBusy = "true";
  // Not `disabled`: who sent it by key would lose their place.
  button.setAttribute("aria-disabled", "true");
  button.textContent = form.dataset.busy;
});

// A page that comes back from the browser's memory is as it was left.
addEventListener("pageshow", ({ persisted }) => {
  if (persisted && document.querySelector("[data-busy][aria-busy=true]")) location.reload();
});
