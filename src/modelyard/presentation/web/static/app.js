// What every page gains from a script; each works without it.

/** Menus close when one clicks elsewhere or presses Escape, which gives the focus back to what opened them. */
function closeMenus() {
  const opened = () => document.querySelectorAll("details.menu[open]");
  document.addEventListener("click", (event) => {
    for (const menu of opened()) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of opened()) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
}

/** "/" goes to the search field, as long as nobody is writing. */
function focusSearch() {
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    const field = document.querySelector("input[type=search]");
    if (field === null) return;
    event.preventDefault();
    field.focus();
    field.select();
  });
}

closeMenus();
focusSearch();
