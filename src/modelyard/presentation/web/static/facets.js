// Brings the counts of a search when the page is there already: they take longer than the results.

document.documentElement.classList.add("scripted");

const wide = matchMedia("(min-width: 62.01rem)");
for (const fold of document.querySelectorAll("[data-open-when-wide]")) {
  fold.open = wide.matches;
}

for (const place of document.querySelectorAll("[data-facets]")) {
  const address = new URL(place.dataset.facets, location);
  address.searchParams.set("part", "true");
  try {
    const answer = await fetch(address);
    if (answer.ok) place.innerHTML = await answer.text();
  } catch {
    // The stages are there without counts, and each is still a link.
  }
}
