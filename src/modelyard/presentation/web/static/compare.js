// Pointing at a version in the legend, by mouse or keyboard, brings out its line.

function pick(place, isPicked) {
  for (const line of document.querySelectorAll(`svg [data-line="${place}"]`)) line.classList.toggle("is-picked", isPicked);
}

for (const entry of document.querySelectorAll(".legend [data-line]")) {
  const set = (isPicked) => () => pick(entry.dataset.line, isPicked);
  entry.addEventListener("pointerenter", set(true));
  entry.addEventListener("pointerleave", set(false));
  entry.addEventListener("focus", set(true));
  entry.addEventListener("blur", set(false));
}
