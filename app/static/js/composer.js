// The composer, where there is JavaScript: the live preview, the fields that a choice opens, and the terms
// dialog in place of the review page. Without it the same form works by plain submission.
//
// Every count, price and finding is the server's; nothing is counted here.

import { ServerDialog } from "./dialog.js";

const DEBOUNCE = 250;
const ANNOUNCE_AFTER = 1000;
const BY_FETCH = { "X-Requested-With": "fetch" };

class Composer {
  constructor(form) {
    this.form = form;
    this.dialog = new ServerDialog(document.querySelector("[data-terms-dialog]"));
    this.status = document.querySelector("[data-preview-status]");
    form.addEventListener("input", (event) => this.changed(event.target));
    form.addEventListener("change", (event) => this.chosen(event.target));
    form.addEventListener("submit", (event) => this.submit(event));
    this.openFields();
    if (form.elements.content.value || form.elements.recipients?.value) this.refresh();
  }

  get preview() {
    return this.form.querySelector("[data-preview]");
  }

  changed(field) {
    if (field.name === "name" || field.type === "file") return;
    this.preview.dataset.stale = "";
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.refresh(), DEBOUNCE);
  }

  chosen(field) {
    if (field.type === "file") this.fileIsStored = false;
    if (field.name === "route_id" || field.name === "when") this.openFields();
  }

  openFields() {
    const route = this.form.elements.route_id.selectedOptions[0];
    const takesSenderId = route?.dataset.takesSenderId !== "no";
    const senderId = this.form.elements.sender_id;
    senderId.disabled = !takesSenderId;
    const whatsApp = this.form.querySelector("[data-whatsapp]");
    if (whatsApp) whatsApp.hidden = route?.dataset.channel !== "whatsapp";
    this.form.elements.content.readOnly = route?.dataset.channel === "whatsapp"; // the template says it
    senderId.placeholder = takesSenderId ? "" : senderId.dataset.refused;
    for (const card of this.form.querySelectorAll("[data-route]")) card.hidden = card.dataset.route !== route?.value;
    const later = this.form.elements.when.value === "later";
    this.form.elements.scheduled_for.disabled = !later;
    this.form.querySelector("[data-schedule]").hidden = !later;
  }

  async refresh() {
    this.controller?.abort();
    this.controller = new AbortController();
    const signal = this.controller.signal;
    try {
      const body = this.values();
      body.delete("file");
      const response = await fetch(this.form.dataset.previewUrl, { method: "POST", body, headers: BY_FETCH, signal });
      if (!response.ok || response.redirected) throw new Error(`answer ${response.status}`);
      const html = await response.text();
      if (signal.aborted) return;
      this.preview.innerHTML = html;
      delete this.preview.dataset.stale;
      this.announce(this.preview.firstElementChild?.dataset.says ?? "");
    } catch (error) {
      if (error.name !== "AbortError") this.announce("The count could not be refreshed. Submitting checks it again.");
    }
  }

  announce(words) {
    clearTimeout(this.announcing);
    this.announcing = setTimeout(() => {
      if (this.status.textContent !== words) this.status.textContent = words;
    }, ANNOUNCE_AFTER);
  }

  // A file that the server has stored already is not uploaded again with an edit of the text.
  values() {
    const values = new FormData(this.form);
    if (this.fileIsStored) values.delete("file");
    return values;
  }

  async submit(event) {
    event.preventDefault();
    if (this.form.inert) return;
    const opener = this.form.querySelector("[data-submit]");
    const body = this.values();
    if (event.submitter?.name) body.set(event.submitter.name, event.submitter.value);
    const tooBig = this.fileProblem();
    if (tooBig) return this.problem(tooBig);
    this.busy(true);
    try {
      const response = await fetch(this.form.action, { method: "POST", body, headers: BY_FETCH });
      await this.answered(response, opener);
    } catch {
      this.problem("The server could not be reached. Nothing was sent or charged; your text is still here. Try again.");
    } finally {
      this.busy(false);
    }
  }

  async answered(response, opener) {
    if (response.redirected) {
      this.problem("You have been signed out. Sign in in another tab, then submit again; your text is still here.");
    } else if (response.ok && !response.headers.get("Content-Type").startsWith("application/json")) {
      this.replaceForm(await response.text());
    } else if (response.ok) {
      const draft = await response.json();
      if (!draft.dialog) return location.assign(draft.review); // a file wants the whole review page
      this.fileIsStored = true;
      this.form.action = draft.edit; // from here on, changes go to this draft
      history.replaceState(null, "", draft.edit);
      this.busy(false);
      this.dialog.open(draft.dialog, opener);
    } else {
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const words = page.querySelector(".error-page h1 + p")?.textContent.trim();
      this.problem(words || "That did not work. Nothing was sent or charged; your text is still here.");
    }
  }

  // The server's form with its errors takes the place of ours; a chosen file is carried over, since no
  // server can fill a file field.
  replaceForm(html) {
    const answered = new DOMParser().parseFromString(html, "text/html").querySelector("form");
    for (const element of answered.querySelectorAll("noscript")) element.remove();
    const chosen = this.form.elements.file;
    const fresh = answered.elements.file;
    if (chosen?.files.length && fresh) {
      for (const name of ["class", "aria-invalid", "aria-describedby"]) {
        const value = fresh.getAttribute(name);
        if (value === null) chosen.removeAttribute(name);
        else chosen.setAttribute(name, value);
      }
      fresh.replaceWith(chosen);
      this.fileIsStored ||= Boolean(answered.elements.kept_file?.value);
    }
    this.form.replaceChildren(...answered.childNodes);
    this.openFields();
    this.busy(false);
    this.form.querySelector(".error-summary")?.focus();
  }

  fileProblem() {
    const input = this.form.elements.file;
    const file = input?.files[0];
    const most = Number(input?.dataset.maxBytes);
    if (!file || file.size <= most) return "";
    const size = (file.size / 1048576).toFixed(1);
    return `${file.name} has ${size} MB; at most ${most / 1048576} MB can be taken. Split the list and send it in parts.`;
  }

  problem(words) {
    const place = this.form.querySelector("[data-problem]");
    place.querySelector("[data-problem-words]").textContent = words;
    place.hidden = false;
    this.busy(false);
    place.focus();
  }

  busy(busy) {
    this.form.inert = busy;
    this.form.setAttribute("aria-busy", String(busy));
    if (busy) this.form.querySelector("[data-problem]").hidden = true;
  }
}

const form = document.querySelector("[data-composer]");
if (form) new Composer(form);
