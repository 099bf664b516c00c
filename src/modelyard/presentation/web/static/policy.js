// Checks conditions while one types, and adds and takes out gates without asking the server for the page.

import "./confirm.js";

const WAIT_MS = 250;

class GateRow {
  constructor(row) {
    this.row = row;
    this.input = row.querySelector("[data-expression]");
    this.told = row.querySelector(".gate-check");
    this.input.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.asked?.abort();
      this.timer = setTimeout(() => this.check(), WAIT_MS);
    });
    const remove = row.querySelector("[data-remove]");
    remove.hidden = false;
    remove.addEventListener("click", () => this.remove());
  }

  async check() {
    this.asked = new AbortController();
    try {
      const address = `/policies/check?${new URLSearchParams({ expression: this.input.value })}`;
      const answer = await fetch(address, { signal: this.asked.signal, headers: { Accept: "text/html" } });
      if (answer.ok) this.show(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch (error) {
      if (error.name !== "AbortError") this.told.textContent = "The condition could not be checked; it will be when you save.";
    }
  }

  show(found) {
    const isWrong = found.querySelector("[data-fault]") !== null;
    this.told.replaceChildren(...found.body.childNodes);
    if (isWrong) this.input.setAttribute("aria-invalid", "true");
    else this.input.removeAttribute("aria-invalid");
  }

  remove() {
    const next = this.row.nextElementSibling ?? this.row.previousElementSibling;
    const focused = next?.querySelector("[data-remove]") ?? document.querySelector("[data-more]");
    this.row.remove();
    focused.focus();
  }
}

/** A row like the last one, or like the template where there is none, with fresh numbers and nothing in it. */
function addRow(list, model) {
  const row = model.cloneNode(true);
  const number = addRow.next++;
  for (const element of row.querySelectorAll("[id], [name], [for], [aria-describedby]")) {
    for (const name of ["id", "name", "for", "aria-describedby"]) {
      const value = element.getAttribute(name);
      if (value !== null) element.setAttribute(name, value.replace(/^gate-\d+/, `gate-${number}`));
    }
  }
  for (const input of row.querySelectorAll("input")) {
    input.value = "";
    input.removeAttribute("aria-invalid");
  }
  for (const told of row.querySelectorAll(".gate-check")) told.replaceChildren();
  for (const fault of row.querySelectorAll("[id$=-name-fault]")) fault.remove();
  list.append(row);
  new GateRow(row);
  row.querySelector("input").focus();
}

const list = document.querySelector("[data-gates]");
if (list !== null) {
  const rows = [...list.children];
  addRow.next = 1000;
  const model = rows.at(-1)?.cloneNode(true);
  for (const row of rows) new GateRow(row);
  if (model !== undefined) {
    document.querySelector("[data-more]").addEventListener("click", (event) => {
      event.preventDefault();
      addRow(list, model);
    });
  }
}
