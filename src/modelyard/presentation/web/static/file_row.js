// A file that is to be sent: its line in the list, its digest, and how far it is.

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];
const MEDIA_TYPE = /^[\w!#$&^.+-]{1,100}\/[\w!#$&^.+-]{1,99}$/;

let worker;
const waiting = new Map();

/** The digest of a file, made by a worker, one file at a time. */
function digestOf(file, signal, onProgress) {
  worker ??= makeWorker();
  const id = crypto.getRandomValues(new Uint32Array(1))[0];
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject, onProgress });
    signal.addEventListener("abort", () => {
      if (!waiting.delete(id)) return;
      worker.terminate();
      worker = undefined;
      reject(signal.reason);
    }, { once: true });
    worker.postMessage({ id, file });
  });
}

function makeWorker() {
  const made = new Worker(new URL("hash_worker.js", import.meta.url), { type: "module" });
  made.addEventListener("message", ({ data: { id, done, digest, fault } }) => {
    const asked = waiting.get(id);
    if (asked === undefined) return;
    if (done !== undefined) return asked.onProgress(done);
    waiting.delete(id);
    if (digest !== undefined) asked.resolve(digest);
    else asked.reject(new Error(fault));
  });
  return made;
}

export class FileRow {
  constructor(file, path, onRemove) {
    this.file = file;
    this.path = path;
    this.bytes = 0;
    this.isDone = false;
    this.element = document.createElement("li");
    this.element.className = "sending-file";
    const name = Object.assign(document.createElement("span"), { className: "sending-path", textContent: path, title: path });
    this.bar = Object.assign(document.createElement("progress"), { max: Math.max(file.size, 1), value: 0 });
    this.bar.setAttribute("aria-label", path);
    this.state = Object.assign(document.createElement("span"), { className: "sending-state", textContent: FileRow.size(file.size) });
    this.button = Object.assign(document.createElement("button"), { type: "button", className: "button quiet", textContent: "×" });
    this.button.setAttribute("aria-label", `Leave out ${path}`);
    this.button.addEventListener("click", onRemove);
    this.element.append(name, this.bar, this.state, this.button);
  }

  static size(bytes) {
    let [size, unit] = [bytes, 0];
    while (size >= 1024 && unit < UNITS.length - 1) [size, unit] = [size / 1024, unit + 1];
    return unit === 0 ? `${bytes} B` : `${size.toFixed(1)} ${UNITS[unit]}`;
  }

  get mediaType() {
    return MEDIA_TYPE.test(this.file.type) ? this.file.type.toLowerCase() : "application/octet-stream";
  }

  setBusy(isBusy) {
    this.button.disabled = isBusy;
  }

  show(value, text) {
    this.bar.value = value;
    this.state.textContent = text;
  }

  /** Once; a file that was read before is known. */
  async hash(signal, onProgress) {
    this.element.classList.remove("is-failed");
    if (this.digest !== undefined) return;
    this.digest = await digestOf(this.file, signal, (done) => (this.show(done, "checking"), onProgress()));
    this.show(0, "waits");
  }

  /** Says that the server has it already; always false, so that it is not sent. */
  isThere() {
    this.done("is there");
    return false;
  }

  sent(bytes) {
    this.bytes = bytes;
    this.show(bytes, `${Math.floor((100 * bytes) / Math.max(this.file.size, 1))} %`);
  }

  done(text = "sent") {
    this.bytes = this.file.size;
    this.isDone = true;
    this.show(Math.max(this.file.size, 1), text);
    this.element.classList.add("is-done");
  }

  failed() {
    this.state.textContent = "not sent";
    this.element.classList.add("is-failed");
  }
}
