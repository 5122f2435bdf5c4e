// How the console rings, tells and sends, as each operator likes it.
import { open } from "./dialog.js";
import { button, make, say } from "./page.js";

/**
 * @param {{settings: any}} desk
 * @param {import("./alerts.js").Alerts} alerts
 * @param {(values: any) => void} save
 */
export function openPreferences(desk, alerts, save) {
  const { settings } = desk;
  const set = (name, value) => {
    settings[name] = value;
    save({ [name]: value });
  };
  open({
    title: say("preferences"),
    className: "preferences",
    body: [
      sound(settings, alerts, set),
      notices(settings, alerts, set),
      toggle(say("set_keys"), say("set_keys_hint"), settings.keys, (on) => set("keys", on)),
      sending(settings, set),
    ],
  });
}

function toggle(label, hint, isOn, change) {
  const box = make("input", { type: "checkbox", checked: isOn });
  box.addEventListener("change", () => change(box.checked));
  const text = make("span", {}, label, make("small", {}, hint));
  return make("label", { className: "option" }, box, text);
}

function sound(settings, alerts, set) {
  const state = make("p", { className: "state", role: "status" });
  const tell = () => {
    state.textContent = say(alerts.canRing ? "sound_works" : "sound_asleep");
  };
  const test = async () => {
    await alerts.ring("waiting", true);
    tell();
  };
  tell();
  return make(
    "div",
    { className: "group" },
    toggle(say("set_sound"), say("set_sound_hint"), settings.sound, (on) => set("sound", on)),
    button(say("test_sound"), test),
    state,
  );
}

/** Permission is asked for from a button only, and a browser's no is explained. */
function notices(settings, alerts, set) {
  const group = make("div", { className: "group" });
  const draw = () => {
    const state = alerts.permission;
    const isGranted = state === "granted";
    const act = isGranted
      ? button(say("test_notice"), () => alerts.testNotice())
      : button(say("allow_notices"), async () => {
          if ((await alerts.allow()) === "granted") set("notices", true);
          draw();
        });
    const said = make("p", { className: "state", role: "status" }, say(`notices_${state}`));
    const isOn = settings.notices && isGranted;
    const box = toggle(say("set_notices"), say("set_notices_hint"), isOn, (on) => set("notices", on));
    box.firstElementChild.disabled = !isGranted;
    const canAct = isGranted || state === "default";
    group.replaceChildren(box, ...(canAct ? [act] : []), said);
  };
  draw();
  return group;
}

function sending(settings, set) {
  const options = ["mod_enter", "enter"].map((value) => {
    const properties = { type: "radio", name: "send_with", value, checked: settings.send_with === value };
    const box = make("input", properties);
    box.addEventListener("change", () => set("send_with", value));
    return make("label", { className: "option" }, box, say(`send_${value}`));
  });
  return make("fieldset", { className: "group" }, make("legend", {}, say("set_send")), ...options);
}
