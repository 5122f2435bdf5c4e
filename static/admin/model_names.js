// Beside a model's name: asks its provider which ones it has, and offers them. Names are a
// stranger's words: they go into the page as text. Without scripts the name is typed.
"use strict";

addEventListener("DOMContentLoaded", () => {
  const field = document.querySelector("input[data-names]");
  const provider = document.getElementById("id_provider");
  if (!field || !provider) return;

  const { dataset: words } = field;
  const button = made("button", "hd-button");
  const said = made("p", "hd-facts");
  const list = made("ul", "hd-presets hd-names");
  button.type = "button";
  button.textContent = words.namesAsk;
  said.role = "status";
  list.hidden = true;
  const box = made("div", "hd-ask-names");
  box.append(button, said, list);
  field.after(box);

  button.addEventListener("click", async () => {
    if (button.ariaBusy === "true") return;
    const asked = provider.value;
    if (!asked) return tell(words.namesFirst);
    button.ariaBusy = "true";
    tell(words.namesAsking);
    const found = await ask(asked);
    button.ariaBusy = "false";
    if (asked === provider.value) show(found);
  });
  provider.addEventListener("change", () => tell(""));
  field.addEventListener("input", () => narrow(field.value.trim().toLowerCase()));

  async function ask(key) {
    try {
      const answer = await fetch(words.names.replace(words.namesAny, key), {
        method: "POST",
        headers: { "X-CSRFToken": field.form.elements.csrfmiddlewaretoken.value },
      });
      if (answer.ok) return await answer.json();
    } catch {
      // Told like any other failure.
    }
    return { said: words.namesLost };
  }

  function show({ names = [], said: sentence = words.namesChoose }) {
    tell(sentence);
    list.replaceChildren(...names.map(row));
    list.hidden = !names.length;
  }

  function row(name) {
    const choice = made("button", "hd-button");
    choice.type = "button";
    choice.textContent = name;
    choice.addEventListener("click", () => {
      field.value = name;
      field.focus();
    });
    const item = made("li", "");
    item.append(choice);
    return item;
  }

  function narrow(typed) {
    for (const item of list.children) item.hidden = !item.textContent.toLowerCase().includes(typed);
  }

  function tell(sentence) {
    said.textContent = sentence;
    list.hidden = true;
  }

  function made(tag, name) {
    const element = document.createElement(tag);
    element.className = name;
    return element;
  }
});
