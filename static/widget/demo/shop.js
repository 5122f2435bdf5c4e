// The shop's own buttons that open the chat.
for (const button of document.querySelectorAll("[data-chat]")) {
  button.addEventListener("click", () => window.Helpdesk?.open());
}
