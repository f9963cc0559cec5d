// On a phone, parts that one seldom needs ([data-fold]) begin closed. Without a script they stand open; on paper, too.
"use strict";
(() => {
  const parts = () => document.querySelectorAll("details[data-fold]");
  const open = () => { for (const part of parts()) part.open = true; };
  // An address that leads into a part opens it.
  const follow = () => {
    const part = document.getElementById(location.hash.slice(1))?.closest("details[data-fold]");
    if (part) part.open = true;
  };
  if (window.matchMedia("(max-width: 44rem)").matches) {
    for (const part of parts()) part.open = false;
    follow();
  }
  window.addEventListener("hashchange", follow);
  window.addEventListener("beforeprint", open);
  window.matchMedia("(max-width: 44rem)").addEventListener("change", (narrow) => { if (!narrow.matches) open(); });
})();
