// The password meter and the terms dialog. The strength is the server's own count; nothing is judged here.
"use strict";
(() => {
  const PAUSE = 250; // milliseconds without a key, after which the server is asked

  // What the password must not contain is known from the form's other fields.
  const question = (form, input) => {
    const body = new FormData();
    for (const name of ["csrf_token", "name", "email", "company"]) {
      const field = form.elements.namedItem(name);
      if (field) body.set(name, field.value);
    }
    body.set("password", input.value);
    return body;
  };

  const show = (box, meter, verdict) => {
    meter.querySelector("meter").value = verdict.score;
    const title = document.createElement("strong");
    title.textContent = verdict.enough ? verdict.words : box.dataset.notEnough.replace("{words}", verdict.words);
    meter.querySelector("[role=status]").replaceChildren(title, verdict.says.join(" "));
    meter.hidden = false;
  };

  for (const box of document.querySelectorAll("[data-strength]")) {
    const input = box.querySelector("input");
    const meter = box.querySelector("[data-strength-meter]");
    let timer = 0;
    let asked = 0;
    const ask = async () => {
      const number = ++asked;
      try {
        const answer = await fetch(box.dataset.strength, { method: "POST", body: question(input.form, input) });
        if (!answer.ok) throw new Error(`status ${answer.status}`);
        const verdict = await answer.json();
        if (number === asked) show(box, meter, verdict);
      } catch {
        if (number === asked) meter.hidden = true;
      }
    };
    input.addEventListener("input", () => {
      clearTimeout(timer);
      if (!input.value) {
        asked += 1;
        meter.hidden = true;
        return;
      }
      timer = setTimeout(ask, PAUSE);
    });
  }

  const sheet = document.querySelector("[data-terms-sheet]");
  for (const link of sheet ? document.querySelectorAll("[data-opens-terms]") : []) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      sheet.showModal();
      sheet.addEventListener("close", () => link.focus(), { once: true });
    });
  }
})();
