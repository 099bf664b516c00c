// Completes the last term of a query. The list follows the pattern of a combobox (WAI-ARIA); without it one just types.

const WAIT_MS = 90;
const MOST = 12;

/** The term that the cursor stands in or behind: what follows the last space that is not in quotes. */
function termBefore(text) {
  let isQuoted = false;
  let start = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === "\\" && isQuoted) at += 1;
    else if (text[at] === '"') isQuoted = !isQuoted;
    else if (!isQuoted && /[\s(]/.test(text[at])) start = at + 1;
  }
  return { start, term: text.slice(start) };
}

class Suggestions {
  constructor(field) {
    this.input = field.querySelector("input");
    this.list = document.createElement("ul");
    this.list.className = "suggestions";
    this.list.id = "q-suggestions";
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", "How the term may go on");
    field.append(this.list);
    this.close();
    for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-controls", this.list.id]]) {
      this.input.setAttribute(name, value);
    }
    this.input.addEventListener("input", () => this.ask());
    this.input.addEventListener("keydown", (event) => this.onKey(event));
    this.input.addEventListener("blur", () => this.close());
    this.list.addEventListener("pointerdown", (event) => this.onPointer(event));
  }

  close() {
    this.chosen = -1;
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  ask() {
    clearTimeout(this.timer);
    this.asked?.abort();
    this.timer = setTimeout(() => this.fetch(), WAIT_MS);
  }

  async fetch() {
    const { term } = termBefore(this.input.value.slice(0, this.input.selectionStart));
    if (term === "" || term.length > 300) return this.close();
    this.asked = new AbortController();
    try {
      const address = `/api/v1/suggest?${new URLSearchParams({ term, limit: MOST })}`;
      const answer = await fetch(address, { signal: this.asked.signal });
      this.show(answer.ok ? (await answer.json()).items : []);
    } catch (error) {
      if (error.name !== "AbortError") this.close();
    }
  }

  show(items) {
    this.close();
    this.list.replaceChildren(...items.map((item, place) => {
      const option = document.createElement("li");
      option.className = "suggestion";
      option.id = `q-suggestion-${place}`;
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      option.dataset.text = item.text;
      const kind = document.createElement("span");
      kind.textContent = item.kind;
      option.append(item.text, kind);
      return option;
    }));
    this.list.hidden = items.length === 0;
    this.input.setAttribute("aria-expanded", String(items.length > 0));
  }

  choose(place) {
    const options = [...this.list.children];
    this.chosen = (place + options.length) % options.length;
    options.forEach((option, at) => option.setAttribute("aria-selected", String(at === this.chosen)));
    options[this.chosen].scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", options[this.chosen].id);
  }

  onKey(event) {
    if (this.list.hidden) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const from = this.chosen === -1 && event.key === "ArrowUp" ? 0 : this.chosen;
      this.choose(from + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Escape") {
      event.preventDefault();
      this.close();
    } else if ((event.key === "Enter" || event.key === "Tab") && this.chosen >= 0) {
      event.preventDefault();
      this.take(this.list.children[this.chosen].dataset.text);
    }
  }

  onPointer(event) {
    const option = event.target.closest(".suggestion");
    if (option === null) return;
    event.preventDefault();
    this.take(option.dataset.text);
  }

  take(text) {
    const cursor = this.input.selectionStart;
    const before = this.input.value.slice(0, cursor);
    const { start } = termBefore(before);
    const isOpen = /[:.]$/.test(text);
    const head = before.slice(0, start) + text + (isOpen ? "" : " ");
    this.input.value = head + this.input.value.slice(cursor).trimStart();
    this.input.setSelectionRange(head.length, head.length);
    this.close();
    if (isOpen) this.ask();
  }
}

for (const field of document.querySelectorAll("[data-suggest]")) new Suggestions(field);
