// The admin names its icons by aria-label on elements without a role, which screen readers may skip.
addEventListener("load", () => {
  for (const icon of document.querySelectorAll(".help-tooltip[aria-label]:not([role])")) {
    icon.setAttribute("role", "img");
  }
});
