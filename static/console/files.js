// Files that go with a reply: chosen, pasted or dropped; they are sent up at once.
import { toast } from "./dialog.js";
import { size } from "./line.js";
import { button, byId, icon, make, say, setup } from "./page.js";

const MOST = 5;

export class Files {
  #desk;
  #thread;
  #changed;
  #list = byId("files");

  /** @param {() => any} thread the one that is written in @param {() => void} changed */
  constructor(desk, thread, changed) {
    this.#desk = desk;
    this.#thread = thread;
    this.#changed = changed;
    const input = byId("file");
    byId("attach").addEventListener("click", () => input.click());
    input.addEventListener("change", () => {
      this.#add([...input.files]);
      input.value = "";
    });
    const form = byId("composer");
    form.addEventListener("paste", (event) => this.#given(event, event.clipboardData));
    form.addEventListener("dragover", (event) => event.preventDefault());
    form.addEventListener("drop", (event) => this.#given(event, event.dataTransfer));
  }

  show() {
    const { files } = this.#thread().box;
    const isNote = byId("composer").dataset.mode === "note";
    this.#list.hidden = !files.length || isNote;
    this.#list.replaceChildren(...files.map((file) => this.#chip(file)));
  }

  #given(event, data) {
    const files = [...(data?.files || [])];
    if (!files.length) return;
    event.preventDefault();
    if (byId("attach").hidden) toast({ text: say("files_in_reply"), bad: true });
    else this.#add(files);
  }

  #add(files) {
    const thread = this.#thread();
    if (!thread) return;
    for (const file of files) {
      if (thread.box.files.length >= MOST) {
        toast({ text: say("files_most", { count: MOST }), bad: true });
        break;
      }
      if (file.size > this.#desk.limits.file_bytes) {
        const most = size(this.#desk.limits.file_bytes);
        toast({ text: say("file_too_big", { name: file.name, size: most }), bad: true });
      } else this.#upload(thread, file);
    }
  }

  async #upload(thread, file) {
    const item = { name: file.name, bytes: file.size, id: "" };
    thread.box.files.push(item);
    this.#show(thread);
    try {
      Object.assign(item, await posted(thread.session, file));
    } catch (error) {
      thread.box.files = thread.box.files.filter((one) => one !== item);
      const text = say("file_failed", { name: file.name });
      toast({ text: error.message ? `${text} ${error.message}` : text, bad: true });
    }
    this.#show(thread);
  }

  #show(thread) {
    if (thread === this.#thread()) this.show();
    this.#changed();
  }

  #chip(file) {
    const drop = button("", () => this.#drop(file), { className: "icon" });
    drop.ariaLabel = drop.title = say("remove_file", { name: file.name });
    drop.append(icon("close"));
    const state = file.id ? size(file.bytes) : say("uploading");
    return make("li", {}, icon("clip"), make("bdi", {}, file.name), ` ${state} `, drop);
  }

  #drop(file) {
    const thread = this.#thread();
    thread.box.files = thread.box.files.filter((one) => one !== file);
    this.#show(thread);
    byId("text").focus();
  }
}

/** What the server says of the file; its words if it is refused. */
async function posted(session, file) {
  const body = new FormData();
  body.append("session", session);
  body.append("file", file);
  const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value || "";
  const response = await fetch(setup.attachments, {
    method: "POST",
    body,
    headers: { "X-CSRFToken": token },
  }).catch(() => null);
  // A connection that was cut says nothing that could be shown.
  const answer = (await response?.json().catch(() => null)) || {};
  if (!answer.id) throw new Error(answer.detail || "");
  return answer;
}
