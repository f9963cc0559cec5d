// Single keys for the queues of the desk. Every element with data-desk-key="x" answers to that key: a link is followed, a
// button or a field is given the focus. A key alone therefore never decides: Enter on the focused button does.
//
//   a  to "Approve" or "Release"        r  to the reason for rejecting
//   c  to "Confirm" (second person)     o  open the receipt
//   n  the next one in the queue        q  back to the queue
//
// Keys do nothing while a field has the focus or Ctrl, Alt or Meta is held, and can be switched off on the page
// (WCAG 2.1.4); the choice is kept in this browser. Escape leaves a field, so that the keys work again.
"use strict";
(() => {
  const KEPT = "carillon.desk-keys";
  const toggle = document.querySelector("[data-keys-toggle]");
  const panel = toggle?.closest("[hidden]");
  if (panel) panel.hidden = false;

  const on = () => { try { return localStorage.getItem(KEPT) !== "off"; } catch { return true; } };
  const keep = (value) => { try { localStorage.setItem(KEPT, value ? "on" : "off"); } catch { /* not kept, then */ } };
  const mark = () => { document.documentElement.dataset.deskKeys = on() ? "on" : "off"; };

  if (toggle) {
    toggle.checked = on();
    toggle.addEventListener("change", () => { keep(toggle.checked); mark(); });
  }
  mark();

  const inField = (element) => element?.matches("input:not([type=checkbox]), textarea, select");

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && inField(document.activeElement)) return document.activeElement.blur();
    if (!on() || event.ctrlKey || event.altKey || event.metaKey || event.repeat || inField(event.target)) return;
    const target = document.querySelector(`[data-desk-key="${CSS.escape(event.key.toLowerCase())}"]`);
    if (!target) return;
    event.preventDefault();
    if (target.matches("a")) target.click();
    else {
      target.focus();
      target.scrollIntoView({ block: "nearest" });
      target.select?.();
    }
  });

  // A second click while the first is on its way would do nothing, but would look as if it did.
  for (const form of document.querySelectorAll("form[data-decision]")) {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) return event.preventDefault();
      form.dataset.sent = "yes";
    });
  }
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });
})();
