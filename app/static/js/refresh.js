// Live parts of a page. An element with
//   data-refresh-url    the address of its own partial
//   data-refresh-every  milliseconds between two looks
// is replaced by the partial, again and again, until the partial carries no data-refresh-url: then it is done.
// A partial may say data-refresh-goto="/address": the work has moved on to another page, and so do we.
// A partial may say data-refresh-said="…": read out once, politely, when it first appears.
// Further elements of a partial replace the page's elements of the same id (the credit in the header).
// Hidden pages do not ask. Errors make the gaps grow, and a note says so until it works again.
"use strict";
(() => {
  const LONGEST_GAP = 60_000;
  const NEWS_STAYS = 8_000;
  const watched = new Map(); // element -> {timer, failures, last}

  const note = (said) => {
    const line = document.getElementById("refresh-note");
    if (line && line.textContent !== said) line.textContent = said;
  };

  // What to say of trouble stands in the page, in the reader's language.
  const words = (name) => document.getElementById("refresh-note")?.dataset[name] ?? "";

  // News leaves by itself; a note about trouble stays until the trouble is over.
  const news = (said) => {
    note(said);
    setTimeout(() => { if (document.getElementById("refresh-note")?.textContent === said) note(""); }, NEWS_STAYS);
  };

  const schedule = (element, state) => {
    clearTimeout(state.timer);
    if (document.hidden) return;
    const every = Math.max(500, Number(element.dataset.refreshEvery) || 2000);
    state.timer = setTimeout(() => look(element, state), Math.min(LONGEST_GAP, every * 2 ** state.failures));
  };

  const watch = (root) => {
    const found = root.matches?.("[data-refresh-url]") ? [root] : [];
    for (const element of [...found, ...root.querySelectorAll("[data-refresh-url]")]) {
      if (watched.has(element)) continue;
      const state = { timer: 0, failures: 0, last: null, busy: false };
      watched.set(element, state);
      schedule(element, state);
    }
  };

  // The partial replaces the element; whoever had the focus inside keeps it, and what was opened or closed stays so.
  const replace = (element, html, state) => {
    const template = document.createElement("template");
    template.innerHTML = html.trim();
    const [fresh, ...others] = template.content.children;
    const focused = document.activeElement?.id;
    const said = element.dataset.refreshSaid;
    const folds = [...document.querySelectorAll("details[id]")].map((each) => [each.id, each.open]);
    element.replaceWith(fresh);
    for (const other of others) document.getElementById(other.id)?.replaceWith(other);
    watched.delete(element);
    for (const [id, open] of folds) document.getElementById(id)?.toggleAttribute("open", open);
    if (focused && document.activeElement?.id !== focused) document.getElementById(focused)?.focus({ preventScroll: true });
    if (fresh.dataset.refreshSaid && fresh.dataset.refreshSaid !== said) news(fresh.dataset.refreshSaid);
    if (fresh.dataset.refreshGoto) return window.location.assign(fresh.dataset.refreshGoto);
    if (fresh.dataset.refreshUrl) {
      watched.set(fresh, state);
      schedule(fresh, state);
    }
  };

  const look = async (element, state) => {
    if (state.busy || !element.isConnected) return;
    state.busy = true;
    try {
      const answer = await fetch(element.dataset.refreshUrl, { headers: { Accept: "text/html" }, redirect: "manual" });
      if (answer.type === "opaqueredirect" || [401, 403, 404].includes(answer.status)) {
        watched.delete(element);
        note(words("over"));
        return;
      }
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      const html = await answer.text();
      if (!html.trim()) throw new Error("an empty partial");
      if (state.failures) note("");
      state.failures = 0;
      if (html === state.last) return schedule(element, state);
      replace(element, html, state);
      state.last = html;
    } catch {
      state.failures += 1;
      if (state.failures > 1) note(words("lost"));
      schedule(element, state);
    } finally {
      state.busy = false;
    }
  };

  document.addEventListener("visibilitychange", () => {
    for (const [element, state] of watched) {
      clearTimeout(state.timer);
      if (!document.hidden) look(element, state);
    }
  });

  watch(document);
})();
