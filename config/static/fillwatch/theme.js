// Loaded before the first paint, so that a stored choice of light or dark does not flash.
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  try {
    const theme = localStorage.getItem("fillwatch.theme");
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  } catch {
    // Storage may be closed to us; the machine's own choice is used then.
  }
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-act=theme]")) return;
    const dark = root.dataset.theme
      ? root.dataset.theme === "dark"
      : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    try {
      localStorage.setItem("fillwatch.theme", root.dataset.theme);
    } catch {
      // Kept for this page only.
    }
  });
})();
