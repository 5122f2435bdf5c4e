// The form of a flow: slots in order, only the fields that matter for their kind, and the preview.
// The admin's scripts stand in the head: there is no form yet.
document.documentElement.classList.add("hd-has-script");

addEventListener("DOMContentLoaded", () => {
  "use strict";

  const group = document.querySelector("[data-slots]");
  const rows = group?.querySelector("[data-rows]");
  if (rows) arrange(group, rows);
  for (const link of document.querySelectorAll("[data-checks] [data-note]")) {
    note(link, link.closest("[data-checks]").dataset.checks);
  }
  const log = document.getElementById("try_log");
  if (log) converse(log, document.getElementById("try_form"));
  const way = document.querySelector(".hd-to-preview");
  if (way && log) {
    new IntersectionObserver(([seen]) => {
      way.hidden = seen.isIntersecting;
    }).observe(document.querySelector(".hd-chat-card"));
  }

  // What is wrong with a field stands there, too; `kind` is "tried", "blocking" or "warnings".
  function note(link, kind) {
    const field = document.getElementById(link.hash.slice(1));
    const place = field?.closest(".hd-slot-field, .grow, [data-slots]");
    if (!place || place.querySelector("[id$=_error]")) return;
    const said = document.createElement("p");
    said.className = kind === "tried" ? "hd-error" : "hd-remark";
    said.dataset.of = kind;
    said.textContent = link.dataset.note;
    place.append(said);
    if (kind === "tried") field.setAttribute("aria-invalid", "true");
  }

  // What was said of a text is not said of another.
  document.getElementById("flow_form")?.addEventListener("input", (event) => {
    const place = event.target.closest(".hd-slot-field, .grow");
    for (const said of place?.querySelectorAll(":scope > [data-of]") ?? []) said.remove();
    if (place && !place.querySelector("[id$=_error]")) event.target.removeAttribute("aria-invalid");
  });

  function forget(kind) {
    for (const said of document.querySelectorAll(`[data-of=${kind}]`)) {
      const place = said.parentElement;
      said.remove();
      place.querySelector("[aria-invalid]")?.removeAttribute("aria-invalid");
    }
  }

  function arrange(group, rows) {
    const prefix = group.dataset.slots;
    const total = document.getElementById(`id_${prefix}-TOTAL_FORMS`);
    const field = (row, name) => row.querySelector(`[name$="-${name}"]`);

    const number = () => {
      [...rows.children].forEach((row, place) => {
        field(row, "position").value = place + 1;
        row.querySelector("[data-move=up]").disabled = place === 0;
        row.querySelector("[data-move=down]").disabled = place === rows.children.length - 1;
      });
    };

    const show = (row) => {
      const kind = field(row, "kind");
      for (const part of row.querySelectorAll("[data-kinds]")) {
        part.hidden = !part.dataset.kinds.split(" ").includes(kind.value);
      }
      row.querySelector("[data-kind]").textContent = kind.selectedOptions[0]?.textContent ?? "";
      row.querySelector("[data-name]").textContent = field(row, "name").value;
      const chinese = document.documentElement.lang.startsWith("zh");
      const labels = [field(row, "label_zh_hans").value, field(row, "label_en").value];
      const title = (chinese ? labels : labels.reverse()).find(Boolean) || field(row, "name").value;
      if (title) row.querySelector("[data-title]").textContent = title;
      row.classList.toggle("hd-removed", Boolean(field(row, "DELETE")?.checked));
    };

    rows.addEventListener("input", (event) => show(event.target.closest("[data-slot]")));
    rows.addEventListener("change", (event) => show(event.target.closest("[data-slot]")));
    rows.addEventListener("click", (event) => {
      const button = event.target.closest("[data-move]");
      if (!button) return;
      const row = button.closest("[data-slot]");
      if (button.dataset.move === "up") row.previousElementSibling?.before(row);
      else row.nextElementSibling?.after(row);
      number();
      // At either end the button that was pressed is no use any more.
      const other = row.querySelector("[data-move]:not([disabled])");
      (button.disabled ? other : button)?.focus();
    });
    group.querySelector("[data-add]").addEventListener("click", () => {
      const made = document.createElement("div");
      made.innerHTML = group
        .querySelector("[data-new]")
        .innerHTML.replaceAll("__prefix__", total.value);
      const row = made.firstElementChild;
      rows.append(row);
      total.value = Number(total.value) + 1;
      number();
      show(row);
      field(row, "name").focus();
    });
    number();
    for (const row of rows.children) show(row);
  }

  function converse(log, form) {
    const text = document.getElementById("try_text");
    const restart = () => {
      log.replaceChildren();
      document.getElementById("try_talk").value = "";
    };

    // The same form must not be sent twice while an answer is on its way.
    form.addEventListener("htmx:beforeRequest", (event) => {
      const pressed = event.detail.requestConfig.triggeringEvent?.submitter;
      const isButton = pressed?.name === "try_button" || pressed?.name === "try_ended";
      if (!isButton && !text.value.trim()) event.preventDefault();
    });
    form.addEventListener("htmx:afterSwap", (event) => {
      if (event.detail.target !== log) return;
      const answered = [...log.querySelectorAll("[data-once]")].slice(0, -1);
      const last = log.lastElementChild;
      for (const old of answered) if (!isOfLast(old, last)) old.remove();
      forget("tried");
      log.scrollTop = log.scrollHeight;
      if (!last.matches(".hd-fault")) {
        text.value = "";
        text.focus();
        return;
      }
      // What was typed waits until the form is mended: the first wrong field comes first.
      const wrong = [...last.querySelectorAll("[data-note]")];
      for (const link of wrong) note(link, "tried");
      if (wrong.length) wrong[0].click();
      else text.focus();
    });
    form.querySelector("[data-restart]").addEventListener("click", () => {
      restart();
      text.focus();
    });
    for (const how of form.querySelectorAll("[name=try_what]")) {
      how.addEventListener("change", restart);
    }
  }

  // One answer may end in buttons and in a note: both belong to it.
  function isOfLast(part, last) {
    for (let next = part.nextElementSibling; next; next = next.nextElementSibling) {
      if (next.matches(".hd-bubble, .hd-fault")) return false;
      if (next === last) return true;
    }
    return false;
  }
});
