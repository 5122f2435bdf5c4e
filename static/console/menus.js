// Small menus that fold out: they close like menus, by Escape, by a choice or by looking elsewhere.

export function watchMenus() {
  const close = (menu) => menu.removeAttribute("open");
  const openOnes = () => document.querySelectorAll("details.menu[open]");
  document.addEventListener("pointerdown", ({ target }) => {
    for (const menu of openOnes()) if (!menu.contains(target)) close(menu);
  });
  document.addEventListener("focusin", ({ target }) => {
    for (const menu of openOnes()) if (!menu.contains(target)) close(menu);
  });
  document.addEventListener("click", ({ target }) => {
    const menu = target.closest("details.menu[open]");
    if (menu && target.closest("button")) {
      close(menu);
      menu.querySelector("summary").focus();
    }
  });
  document.addEventListener("keydown", (event) => {
    const menu = document.activeElement?.closest("details.menu[open]");
    if (event.key !== "Escape" || !menu) return;
    event.preventDefault();
    close(menu);
    menu.querySelector("summary").focus();
  });
}
