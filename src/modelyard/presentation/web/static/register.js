// Lists the files that are chosen or dropped, sends them by the API, and then the form, with their digests in their place.

import { missing, upload } from "./upload.js";
import { filesDropped } from "./dropped.js";
import { FileRow } from "./file_row.js";

const AT_ONCE = 3;

class Registering {
  constructor(form) {
    this.form = form;
    this.rows = new Map();
    this.stop = form.querySelector("[data-stop]");
    this.submit = form.querySelector("[data-submit]");
    this.all = form.querySelector("[data-all]");
    this.choose = form.querySelector("#field-file");
    this.drop = form.querySelector("[data-drop]");
    this.choose.removeAttribute("name");
    for (const field of form.querySelectorAll("input[type=file]")) {
      field.addEventListener("change", () => this.add([...field.files].map((file) => ({ file, path: file.webkitRelativePath || file.name })), field));
    }
    form.addEventListener("submit", (event) => this.onSubmit(event));
    this.stop.addEventListener("click", () => this.sending?.abort());
    this.takeDrops();
  }

  takeDrops() {
    const over = (isOver) => (event) => {
      event.preventDefault();
      this.drop.classList.toggle("is-over", isOver);
    };
    this.drop.addEventListener("dragover", over(true));
    this.drop.addEventListener("dragleave", over(false));
    this.drop.addEventListener("drop", async (event) => {
      over(false)(event);
      this.add(await filesDropped(event.dataTransfer));
    });
  }

  /** A file of a path that is there takes its place. A folder's own name is no part of the paths. */
  add(found, field) {
    const roots = new Set(found.map(({ path }) => path.split("/")[0]));
    const isFolder = roots.size === 1 && found.length > 0 && found.every(({ path }) => path.includes("/"));
    const list = this.form.querySelector("[data-files]");
    for (const { file, path } of found) {
      const name = (isFolder ? path.slice(path.indexOf("/") + 1) : path).normalize("NFC");
      this.rows.get(name)?.element.remove();
      const row = new FileRow(file, name, () => this.remove(name));
      this.rows.set(name, row);
      list.append(row.element);
    }
    if (field) field.value = "";
    this.tell();
  }

  remove(name) {
    this.rows.get(name).element.remove();
    this.rows.delete(name);
    this.tell();
  }

  say(text) {
    this.form.querySelector("[data-status]").textContent = text;
  }

  tell() {
    const rows = [...this.rows.values()];
    this.form.querySelector("[data-sending]").hidden = rows.length === 0;
    const size = rows.reduce((sum, row) => sum + row.file.size, 0);
    this.say(`${rows.length} ${rows.length === 1 ? "file" : "files"}, ${FileRow.size(size)}`);
  }

  onSubmit(event) {
    if (this.rows.size === 0 || this.isSent) return;
    event.preventDefault();
    if (!this.form.reportValidity()) return;
    this.send().catch((error) => this.onFailure(error));
  }

  setBusy(isBusy) {
    this.submit.disabled = isBusy;
    this.stop.hidden = !isBusy;
    this.all.hidden = !isBusy;
    for (const row of this.rows.values()) row.setBusy(isBusy);
  }

  onFailure(error) {
    this.setBusy(false);
    const isStopped = error.name === "AbortError";
    this.say(isStopped ? "Stopped. What arrived stays; Register goes on where it was." : `Not registered: ${error.message}`);
  }

  async send() {
    this.sending = new AbortController();
    const { signal } = this.sending;
    const actor = unescape(encodeURIComponent(this.form.dataset.actor));
    this.setBusy(true);
    const rows = [...this.rows.values()];
    this.say("Checking the files…");
    for (const row of rows) await row.hash(signal, () => this.progress(rows));
    const wanted = await missing([...new Set(rows.map((row) => row.digest))], { signal, actor });
    this.say("Sending…");
    const queue = rows.filter((row) => wanted.has(row.digest) || row.isThere());
    const sent = new Map();
    const work = async () => {
      for (let row = queue.shift(); row !== undefined; row = queue.shift()) {
        const { digest, file } = row;
        const onProgress = (bytes) => (row.sent(bytes), this.progress(rows));
        if (!sent.has(digest)) sent.set(digest, upload(file, digest, { signal, actor, onProgress }));
        try {
          await sent.get(digest);
        } catch (error) {
          row.failed();
          this.sending.abort(error);
          throw error;
        }
        row.done();
        this.progress(rows);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    this.finish(rows);
  }

  progress(rows) {
    const size = rows.reduce((sum, row) => sum + row.file.size, 0);
    const bytes = rows.reduce((sum, row) => sum + row.bytes, 0);
    this.all.max = Math.max(size, 1);
    this.all.value = bytes;
    const done = rows.filter((row) => row.isDone).length;
    if (done > 0) this.say(`${done} of ${rows.length} files, ${FileRow.size(bytes)} of ${FileRow.size(size)}`);
  }

  /** The server registers as it does without scripts; the files are there already. */
  finish(rows) {
    const field = this.form.elements.stored;
    const entries = rows.map((row) => ({ path: row.path, digest: row.digest, size_bytes: row.file.size, media_type: row.mediaType }));
    const before = field.value === "" ? [] : JSON.parse(field.value);
    field.value = JSON.stringify([...before.filter((one) => !this.rows.has(one.path)), ...entries]);
    this.say("Registering…");
    this.isSent = true;
    this.form.submit();
  }
}

new Registering(document.querySelector("[data-register]"));
