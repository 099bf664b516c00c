// Sends a file by the API: whole when it is small, else in pieces that go on where they were when something breaks off.

const API = "/api/v1";
const PIECE = 8 * 1024 * 1024;
const TRIES = 8;
const LONGEST_PAUSE_MS = 15_000;
const KEPT = "modelyard-upload:";

/** What the server answered that no further try would change. */
export class Refused extends Error {}

/** A problem of the API in its own words. */
async function problemOf(answer) {
  try {
    const { detail, hint } = JSON.parse(answer.text);
    return `${detail}${hint ? `. ${hint}` : ""}`;
  } catch {
    return `the server answered ${answer.status}`;
  }
}

const sleep = (ms, signal) => new Promise((resolve, reject) => {
  const timer = setTimeout(resolve, ms);
  signal.addEventListener("abort", () => (clearTimeout(timer), reject(signal.reason)), { once: true });
});

/** A request that says how much of its body is on its way, which fetch does not. */
function send(method, path, { body, headers = {}, onProgress, signal, actor }) {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const request = new XMLHttpRequest();
    request.open(method, API + path);
    if (actor) request.setRequestHeader("X-Modelyard-Actor", actor);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    if (onProgress) request.upload.addEventListener("progress", (event) => onProgress(event.loaded));
    request.addEventListener("load", () => resolve({ status: request.status, text: request.responseText, header: (name) => request.getResponseHeader(name) }));
    request.addEventListener("error", () => reject(new TypeError("the connection broke off")));
    request.addEventListener("abort", () => reject(signal.reason));
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.send(body);
  });
}

const isPassing = (status) => status === 429 || status >= 500;

/** Tries again what breaks off, and what the server says will pass. */
async function insisting(attempt, signal) {
  for (let tries = 1; ; tries += 1) {
    let reason;
    try {
      const answer = await attempt();
      if (!isPassing(answer.status)) return answer;
      reason = await problemOf(answer);
    } catch (error) {
      if (signal.aborted || error instanceof Refused) throw error;
      reason = error.message;
    }
    if (tries === TRIES) throw new Error(reason);
    await sleep(Math.min(500 * 2 ** tries, LONGEST_PAUSE_MS), signal);
  }
}

async function accepted(answer) {
  if (answer.status >= 300) throw new Refused(await problemOf(answer));
  return answer;
}

/** Which of these digests have to be sent. */
export async function missing(digests, options) {
  const body = JSON.stringify({ digests });
  const headers = { "Content-Type": "application/json" };
  const answer = await insisting(() => send("POST", "/blobs/missing", { ...options, body, headers }), options.signal);
  return new Set(JSON.parse((await accepted(answer)).text).missing);
}

/** Sends a file whose digest is known; the server holds its bytes against it. */
export async function upload(file, digest, options) {
  if (file.size <= PIECE) return whole(file, digest, options);
  return inPieces(file, digest, options);
}

async function whole(file, digest, options) {
  const headers = { "Content-Type": "application/octet-stream" };
  const put = () => send("PUT", `/blobs/${digest}`, { ...options, body: file, headers });
  await accepted(await insisting(put, options.signal));
}

/** An upload under way is kept by its digest, so that it goes on after the page was closed, too. */
async function inPieces(file, digest, options) {
  const { signal, onProgress } = options;
  let { id, offset } = await begun(file, digest, options);
  while (offset < file.size) {
    const from = offset;
    const answer = await insisting(async () => {
      const piece = { ...options, body: file.slice(offset, offset + PIECE), onProgress: (sent) => onProgress(offset + sent) };
      piece.headers = { "Content-Type": "application/octet-stream", "Upload-Offset": String(offset) };
      try {
        return await send("PATCH", `/uploads/${id}`, piece);
      } catch (error) {
        signal.throwIfAborted();
        offset = (await offsetOf(id, options)) ?? offset;
        throw error;
      }
    }, signal);
    offset = answer.status === 409 ? await afterConflict(id, options) : Number((await accepted(answer)).header("Upload-Offset"));
    if (offset < from) onProgress(offset);
  }
  await accepted(await insisting(() => send("PUT", `/uploads/${id}?digest=${digest}`, options), signal));
  localStorage.removeItem(KEPT + digest);
}

async function begun(file, digest, options) {
  const kept = localStorage.getItem(KEPT + digest);
  if (kept !== null) {
    const offset = await offsetOf(kept, options);
    if (offset !== null) return { id: kept, offset };
  }
  const body = JSON.stringify({ size_bytes: file.size, digest });
  const headers = { "Content-Type": "application/json" };
  const answer = await accepted(await insisting(() => send("POST", "/uploads", { ...options, body, headers }), options.signal));
  const { id } = JSON.parse(answer.text);
  localStorage.setItem(KEPT + digest, id);
  return { id, offset: 0 };
}

/** Where an upload goes on; null where there is none. */
async function offsetOf(id, options) {
  const answer = await insisting(() => send("HEAD", `/uploads/${id}`, { ...options, onProgress: undefined }), options.signal);
  return answer.status === 200 ? Number(answer.header("Upload-Offset")) : null;
}

/** Somebody else wrote, or a broken request still does: wait a little, and ask. */
async function afterConflict(id, options) {
  await sleep(1000, options.signal);
  const offset = await offsetOf(id, options);
  if (offset === null) throw new Refused("the upload is over; register again to begin anew");
  return offset;
}
