// A modal <dialog> whose body comes from the server, and comes again while the server says it is not done.
//
// [data-dialog-body] is filled, [data-dialog-status] tells what is new to those who do not see it, and
// [data-dialog-accept], a submit button, shows once the body holds the form that it belongs to. The body may carry data-dialog-again="milliseconds" on its first element: it is then fetched anew after that
// time, unless the dialog has been closed. Elements with data-dialog-close close it. The browser itself keeps
// the focus inside, closes on Escape and makes the rest of the page inert.

export class ServerDialog {
  constructor(element) {
    this.element = element;
    this.body = element.querySelector("[data-dialog-body]");
    this.status = element.querySelector("[data-dialog-status]");
    this.accept = element.querySelector("[data-dialog-accept]");
    element.addEventListener("click", (event) => {
      if (event.target.closest("[data-dialog-close]")) element.close();
    });
    element.addEventListener("close", () => {
      clearTimeout(this.timer);
      this.controller?.abort();
      this.opener?.focus();
    });
  }

  open(url, opener) {
    this.url = url;
    this.opener = opener;
    this.body.replaceChildren();
    this.status.textContent = "";
    this.accept.hidden = true;
    this.element.showModal();
    return this.load();
  }

  async load() {
    this.controller = new AbortController();
    try {
      const response = await fetch(this.url, {
        headers: { "X-Requested-With": "fetch" },
        signal: this.controller.signal,
      });
      if (!response.ok || response.redirected) throw new Error(`answer ${response.status}`);
      this.show(await response.text());
    } catch (error) {
      if (error.name !== "AbortError") this.later(3000, this.status.dataset.waiting);
    }
  }

  show(html) {
    this.body.innerHTML = html;
    const first = this.body.firstElementChild;
    this.accept.hidden = !this.body.querySelector("form#" + this.accept.getAttribute("form"));
    this.say(first?.dataset.dialogSays ?? "");
    if (first?.dataset.dialogAgain) this.later(Number(first.dataset.dialogAgain));
  }

  later(milliseconds, words) {
    if (words) this.say(words);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.load(), milliseconds);
  }

  say(words) {
    if (this.status.textContent !== words) this.status.textContent = words;
  }
}
