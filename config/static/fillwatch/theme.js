// Loaded before the first paint. The server writes a person's theme into the page itself; only pages
// without a person (the sign-in) take what was chosen last in this browser.
(() => {
  const NAME = "fillwatch.theme";
  const root = document.documentElement;
  root.classList.add("js");
  try {
    if ("person" in root.dataset) {
      if (root.dataset.theme) localStorage.setItem(NAME, root.dataset.theme);
      else localStorage.removeItem(NAME);
    } else {
      const theme = localStorage.getItem(NAME);
      if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    }
  } catch {
    // Storage may be closed to us; the machine's own choice is used then.
  }
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-act=theme]");
    if (!button) return;
    event.preventDefault();
    const dark = root.dataset.theme
      ? root.dataset.theme === "dark"
      : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = button.value = dark ? "light" : "dark";
    try {
      localStorage.setItem(NAME, root.dataset.theme);
    } catch {
      // Kept by the server, for this person.
    }
    fetch(button.form.action, { method: "POST", body: new FormData(button.form, button) }).catch(() => {});
  });
})();
