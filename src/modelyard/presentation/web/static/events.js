// Adds what happens to the list of events. The stream only says that something has happened; what is shown comes from the
// server as the page does, and is merged by number, so that nothing is missing or double however the stream breaks off.

const MOST = 500;
const GATHER_MS = 80;
const AGAIN_MS = 3000;

class LiveList {
  constructor(mark, list) {
    this.mark = mark;
    this.list = list;
    this.button = document.querySelector("[data-pause]");
    this.button.hidden = false;
    this.button.addEventListener("click", () => (this.source === null ? this.start() : this.stop()));
    window.addEventListener("pagehide", () => this.stop());
    this.source = null;
    this.start();
  }

  start() {
    this.source = new EventSource(this.mark.dataset.live);
    this.source.addEventListener("open", () => this.onOpen());
    this.source.addEventListener("error", () => this.onError());
    for (const { value } of document.querySelectorAll("select[name=action] option")) {
      if (value !== "") this.source.addEventListener(value, () => this.gather());
    }
    this.button.textContent = "Pause";
  }

  stop() {
    this.source?.close();
    this.source = null;
    clearTimeout(this.again);
    this.say("Paused", false);
    this.button.textContent = "Go on";
  }

  say(text, isOn) {
    this.mark.querySelector("[role=status]").textContent = text;
    this.mark.classList.toggle("is-on", isOn);
  }

  onOpen() {
    this.say("Live", true);
    this.gather();
  }

  /** A browser comes back by itself, unless it was refused. */
  onError() {
    this.say("Connecting…", false);
    if (this.source?.readyState !== EventSource.CLOSED) return;
    this.again = setTimeout(() => this.start(), AGAIN_MS);
  }

  /** Asks once for all that happened meanwhile. */
  gather() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.refresh(), GATHER_MS);
  }

  async refresh() {
    try {
      const answer = await fetch(this.mark.dataset.list, { headers: { Accept: "text/html" } });
      if (answer.ok) this.merge(new DOMParser().parseFromString(await answer.text(), "text/html"));
      else this.say("Cannot be read", false);
    } catch {
      this.say("Connecting…", false);
    }
  }

  merge(found) {
    const place = (item) => Number(item.dataset.sequence);
    const held = new Set([...this.list.children].map(place));
    for (const item of found.querySelectorAll("[data-sequence]")) {
      if (held.has(place(item))) continue;
      item.classList.add("is-new");
      const behind = [...this.list.children].find((other) => place(other) < place(item));
      this.list.insertBefore(item, behind ?? null);
    }
    while (this.list.children.length > MOST) this.list.lastElementChild.remove();
    document.querySelector("[data-empty]").hidden = this.list.children.length > 0;
  }
}

new LiveList(document.querySelector("[data-live]"), document.querySelector(".event-log"));
