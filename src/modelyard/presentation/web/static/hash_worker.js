// Hashes one file after the other beside the page, and says how far it is.

import { Sha256 } from "./sha256.js";

const PIECE = 4 * 1024 * 1024;

self.addEventListener("message", async ({ data: { file, id } }) => {
  try {
    const hash = new Sha256();
    for (let at = 0; at < file.size; at += PIECE) {
      hash.update(new Uint8Array(await file.slice(at, at + PIECE).arrayBuffer()));
      self.postMessage({ id, done: Math.min(at + PIECE, file.size) });
    }
    self.postMessage({ id, digest: `sha256:${hash.finish()}` });
  } catch (error) {
    self.postMessage({ id, fault: error.message });
  }
});
