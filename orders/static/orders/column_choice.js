/** Which columns the table shows: at once here, and kept by the server for other devices. */

import { postForm, reportFailure } from "../fillwatch/server.js";

export function enableColumnChoice(choice, findTable, onChange) {
  const form = choice.querySelector("form");
  form.addEventListener("change", async () => {
    const columns = new FormData(form).getAll("column");
    const table = findTable();
    if (table) table.dataset.columns = columns.join(" ");
    onChange(columns);
    await reportFailure(await postForm(form.action, new FormData(form)));
  });
  document.addEventListener("click", ({ target }) => {
    if (choice.open && !choice.contains(target)) choice.open = false;
  });
  choice.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    choice.open = false;
    choice.querySelector("summary").focus();
  });
}
