// Searches that are kept in this browser. A search is its address, so a list of addresses is all there is to keep.

// The list stands below the counts, and appears when they are there, so that nothing moves.
import "./facets.js";

const KEY = "modelyard.searches";
const MOST = 50;

function kept() {
  try {
    const read = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(read) ? read.filter((each) => typeof each === "string" && each.startsWith("/search")) : [];
  } catch {
    return [];
  }
}

function keep(addresses) {
  localStorage.setItem(KEY, JSON.stringify(addresses.slice(0, MOST)));
}

function nameOf(address) {
  const { searchParams } = new URL(address, location);
  const sort = searchParams.get("sort");
  return (searchParams.get("q") || "all versions") + (sort ? ` by ${sort}` : "");
}

class SavedSearches {
  constructor(section) {
    this.list = section.querySelector("[data-saved-list]");
    const here = new URL(section.dataset.here, location);
    here.searchParams.delete("cursor");
    this.here = here.pathname + here.search;
    this.button = section.querySelector("[data-save]");
    this.button.addEventListener("click", () => this.change([this.here, ...kept()]));
    this.show();
    section.hidden = false;
  }

  change(addresses) {
    keep([...new Set(addresses)]);
    this.show();
  }

  show() {
    const addresses = kept();
    this.button.disabled = addresses.includes(this.here);
    this.list.replaceChildren(...addresses.map((address) => this.item(address)));
  }

  item(address) {
    const item = document.createElement("li");
    const link = document.createElement("a");
    link.href = address;
    link.textContent = nameOf(address);
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "×";
    button.setAttribute("aria-label", `Forget ${link.textContent}`);
    button.addEventListener("click", () => {
      this.change(kept().filter((each) => each !== address));
      this.button.focus();
    });
    item.append(link, button);
    return item;
  }
}

for (const section of document.querySelectorAll("[data-saved]")) new SavedSearches(section);
