// The composer, where there is JavaScript: the live count and phone, the fields that a choice opens, a look into a
// file as soon as it is chosen, and the terms dialog in place of the review page. Without it the same form works by
// plain submission.
//
// Every count, price and finding is the server's; nothing is counted here.

import { ServerDialog } from "./dialog.js";

const DEBOUNCE = 250;
const ANNOUNCE_AFTER = 1000;
const RETRY = 4000;
const BY_FETCH = { "X-Requested-With": "fetch" };

class Composer {
  constructor(form) {
    this.form = form;
    this.edits = 0;
    this.failures = 0;
    this.dialog = new ServerDialog(document.querySelector("[data-terms-dialog]"));
    this.status = document.querySelector("[data-preview-status]");
    form.addEventListener("input", (event) => this.changed(event.target));
    form.addEventListener("change", (event) => this.chosen(event.target));
    form.addEventListener("submit", (event) => this.submit(event));
    form.addEventListener("keydown", (event) => this.pressed(event));
    this.openFields();
    if (form.elements.content.value || form.elements.recipients?.value) this.refresh();
  }

  get phone() {
    return this.form.querySelector("[data-phone]");
  }

  get preview() {
    return this.form.querySelector("[data-preview]");
  }

  changed(field) {
    if (["name", "text_name", "start_from"].includes(field.name) || field.type === "file") return;
    this.preview.dataset.stale = "";
    this.edits += 1;
    this.refreshIn(DEBOUNCE);
  }

  chosen(field) {
    if (field.type === "file") this.takeFile(field);
    if (field.name === "route_id" || field.name === "when") this.openFields();
  }

  // Enter in the name of a text saves the text; anywhere else it goes on, by the form's first button.
  pressed(event) {
    if (event.key !== "Enter" || event.target.name !== "text_name") return;
    event.preventDefault();
    this.form.requestSubmit(this.form.querySelector("[name=save_text]"));
  }

  // The file goes up while the text is being written: its rows fill the phone, and it is not sent a second time.
  async takeFile(field) {
    this.fileIsStored = false;
    this.form.elements.kept_file.value = "";
    this.sayOfFile("");
    this.taking?.abort();
    if (!field.files.length || this.fileProblem()) return;
    this.taking = new AbortController();
    const body = new FormData();
    body.set("csrf_token", this.form.elements.csrf_token.value);
    body.set("file", field.files[0]);
    body.set("route_id", this.form.elements.route_id.value);
    try {
      const response = await this.post(this.form.dataset.fileUrl, body, this.taking.signal);
      if (!response.ok || response.redirected) return;
      const answer = await response.json();
      this.form.elements.kept_file.value = answer.kept;
      this.fileIsStored = Boolean(answer.kept);
      if (this.fileIsStored && this.form.elements.list) this.form.elements.list.value = "";
      this.sayOfFile(answer.said);
      this.refresh();
    } catch {
      // It goes up with the form instead.
    }
  }

  sayOfFile(html) {
    const place = this.form.querySelector("[data-file-said]");
    if (place) place.innerHTML = html;
  }

  // A page that was open for long may hold the token of a session that is over: the page itself has a fresh one.
  async post(url, body, signal) {
    const response = await fetch(url, { method: "POST", body, headers: BY_FETCH, signal });
    if (!response.headers.has("X-Form-Stale")) return response;
    const page = await fetch(location.href, { signal });
    if (!page.ok || page.redirected) return page;
    const fresh = new DOMParser().parseFromString(await page.text(), "text/html").querySelector("[data-composer] [name=csrf_token]");
    if (!fresh) return response;
    this.form.elements.csrf_token.value = fresh.value;
    body.set("csrf_token", fresh.value);
    return fetch(url, { method: "POST", body, headers: BY_FETCH, signal });
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

  refreshIn(milliseconds) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.refresh(), milliseconds);
  }

  async refresh() {
    clearTimeout(this.timer);
    this.controller?.abort();
    this.controller = new AbortController();
    const signal = this.controller.signal;
    const edits = this.edits;
    try {
      const body = this.values();
      body.delete("file");
      const response = await this.post(this.form.dataset.previewUrl, body, signal);
      if (!response.ok || response.redirected) throw new Error(`answer ${response.status}`);
      const html = await response.text();
      if (signal.aborted) return;
      this.failures = 0;
      this.show(html);
      if (edits === this.edits) delete this.preview.dataset.stale; // else it counts what stood there a moment ago
      this.announce(this.preview.firstElementChild?.dataset.says ?? "");
    } catch (error) {
      if (error.name !== "AbortError") this.countFailed();
    }
  }

  // The old figures are dimmed, and it is said beside them that they are old; then it is tried again by itself.
  countFailed() {
    const words = this.words("countFailed");
    this.preview.dataset.stale = "";
    const place = this.preview.querySelector("[data-count-failed]") ?? document.createElement("p");
    place.className = "preview-problem";
    place.dataset.countFailed = "";
    place.textContent = words;
    this.preview.append(place);
    this.announce(words);
    this.failures += 1;
    this.refreshIn(Math.min(60_000, RETRY * 2 ** (this.failures - 1)));
  }

  // The count and the phone, each in its place; whoever has the focus inside keeps it.
  show(html) {
    const answered = document.createElement("template");
    answered.innerHTML = html;
    const [count, phone] = answered.content.children;
    const focused = document.activeElement?.id;
    this.preview.replaceChildren(count);
    if (phone) this.phone.replaceChildren(phone);
    if (focused && document.activeElement?.id !== focused) document.getElementById(focused)?.focus({ preventScroll: true });
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
      const response = await this.post(this.form.action, body);
      await this.answered(response, opener);
    } catch {
      this.problem(this.words("unreachable"));
    } finally {
      this.busy(false);
    }
  }

  async answered(response, opener) {
    if (response.redirected) {
      this.problem(this.words("signedOut"), true);
    } else if (response.ok && !response.headers.get("Content-Type").startsWith("application/json")) {
      this.replaceForm(await response.text());
    } else if (response.ok) {
      const draft = await response.json();
      if (draft.back) history.replaceState(null, "", draft.back); // from a test, Back leads to the draft
      if (!draft.dialog) return location.assign(draft.review); // a file wants the whole review page
      this.fileIsStored = true;
      this.form.action = draft.edit; // from here on, changes go to this draft
      history.replaceState(null, "", draft.edit);
      this.busy(false);
      this.dialog.open(draft.dialog, opener);
    } else {
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const words = page.querySelector(".error-page h1 + p")?.textContent.trim();
      this.problem(words || this.words("failed"));
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
    const said = this.form.querySelector("[data-file-said]")?.innerHTML ?? "";
    const top = window.scrollY;
    this.form.replaceChildren(...answered.childNodes);
    if (!this.form.querySelector("#file-error")) this.sayOfFile(said);
    this.openFields();
    this.busy(false);
    const summary = this.form.querySelector(".error-summary") ?? this.form.querySelector("[data-form-notes]");
    if (summary) return summary.focus();
    window.scrollTo(0, top);
    (this.form.querySelector("[aria-invalid=true]") ?? this.form.elements.content).focus({ preventScroll: true });
  }

  fileProblem() {
    const input = this.form.elements.file;
    const file = input?.files[0];
    const most = Number(input?.dataset.maxBytes);
    if (!file || file.size <= most) return "";
    return `${file.name}: ${this.words("tooBig")}`;
  }

  // What is said from here stands in the page, in the reader's language.
  words(name) {
    return this.form.dataset[`words${name[0].toUpperCase()}${name.slice(1)}`];
  }

  problem(words, signedOut = false) {
    const place = this.form.querySelector("[data-problem]");
    place.querySelector("[data-problem-words]").textContent = words;
    place.querySelector("[data-problem-sign-in]").hidden = !signedOut;
    place.hidden = false;
    this.busy(false);
    place.focus();
  }

  busy(busy) {
    this.form.inert = busy;
    this.form.setAttribute("aria-busy", String(busy));
    document.querySelector("[data-wait]").hidden = !busy;
    if (busy) this.form.querySelector("[data-problem]").hidden = true;
  }
}

const form = document.querySelector("[data-composer]");
if (form) new Composer(form);
