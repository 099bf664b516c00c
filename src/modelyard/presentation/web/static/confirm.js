// Asks before something is done that cannot be undone by a click. Without it, it is done.

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-confirm]");
  if (button !== null && !window.confirm(button.dataset.confirm)) event.preventDefault();
});
