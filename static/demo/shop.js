// The shop's own buttons that open the chat.
for (const button of document.querySelectorAll("[data-chat]")) {
  button.addEventListener("click", () => window.Helpdesk?.open());
}

// Who is signed in at the shop: a real one asks its server on every page, without a button.
for (const button of document.querySelectorAll("[data-token]")) {
  button.addEventListener("click", () => {
    const token = () => fetch(button.dataset.token).then((answer) => (answer.ok ? answer.text() : ""));
    window.Helpdesk?.identify(token);
    window.Helpdesk?.open();
  });
}
for (const button of document.querySelectorAll("[data-leave]")) {
  button.addEventListener("click", () => window.Helpdesk?.logout());
}
