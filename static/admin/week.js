// The week of business hours: shortcuts that fill in its times. It works without them as well.
addEventListener("DOMContentLoaded", () => {
  "use strict";
  const WORKED = ["mon", "tue", "wed", "thu", "fri"];

  for (const week of document.querySelectorAll(".hd-week")) {
    const days = [...week.querySelectorAll("[data-day]")];
    const inputs = (day) => [...day.querySelectorAll("input")];
    const read = (day) => inputs(day).map((input) => input.value);
    const isWorked = (day) => WORKED.includes(day.dataset.day);

    const told = () => {
      for (const day of days) {
        const closed = read(day).every((value) => !value);
        day.querySelector(".hd-week-closed").hidden = !closed;
        day.querySelector("[data-week=clear]").hidden = closed;
      }
    };
    const write = (day, values) => {
      inputs(day).forEach((input, place) => { input.value = values[place] ?? ""; });
      week.dispatchEvent(new Event("input", { bubbles: true }));
    };
    const acts = {
      shop: () => days.forEach((day) => write(day, isWorked(day) ? ["09:00", "18:00"] : [])),
      daily: () => days.forEach((day) => write(day, ["09:00", "21:00"])),
      always: () => days.forEach((day) => write(day, ["00:00", "00:00"])),
      copy: () => days.slice(1).filter(isWorked).forEach((day) => write(day, read(days[0]))),
      clear: (button) => write(button.closest("[data-day]"), []),
    };

    week.addEventListener("click", (event) => {
      const button = event.target.closest("[data-week]");
      if (!button) return;
      acts[button.dataset.week](button);
      told();
    });
    week.addEventListener("input", told);
    week.querySelector(".hd-week-presets").hidden = false;
    told();
  }
});
