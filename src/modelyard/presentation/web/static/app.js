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

/** Where the main navigation is wider than the screen, the page that one is on is in view. */
function showCurrentPage() {
  const nav = document.querySelector(".bar-nav");
  const current = nav?.querySelector("[aria-current]");
  if (current) nav.scrollLeft = current.offsetLeft - nav.offsetLeft - (nav.clientWidth - current.offsetWidth) / 2;
}

closeMenus();
focusSearch();
showCurrentPage();
