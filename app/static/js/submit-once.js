// A second click while the first is on its way would do the same again: a second ticket, a second file. It does nothing.
// What answers with a download leaves the page as it is, so that the form works again after a while.
"use strict";
(() => {
  const AGAIN_AFTER = 5_000; // milliseconds
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") return;
    if (form.dataset.onItsWay) return event.preventDefault();
    form.dataset.onItsWay = "yes";
    setTimeout(() => { delete form.dataset.onItsWay; }, AGAIN_AFTER);
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-on-its-way]")) delete form.dataset.onItsWay;
  });
})();
