// A button beside each piece of code that copies it.

// Behind a proxy the server does not know under which address it was called; the browser does.
for (const part of document.querySelectorAll("[data-origin]")) {
  for (const code of part.querySelectorAll("code")) {
    code.textContent = code.textContent.replaceAll(part.dataset.origin, location.origin);
  }
}

for (const snippet of document.querySelectorAll("[data-copy]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "snippet-copy";
  button.textContent = "Copy";
  button.setAttribute("aria-live", "polite");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(snippet.querySelector("code").textContent);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(snippet.querySelector("code"));
      button.textContent = "Press Ctrl+C";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
  snippet.append(button);
}
