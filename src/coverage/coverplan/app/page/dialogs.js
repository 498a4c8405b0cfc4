// Windows over the page: one at a time, closed by Escape, focus kept inside by the browser and given back afterwards.
import { el } from "./dom.js";
import { t } from "./words.js";

export function dialog(title, ...content) {
  for (const old of document.querySelectorAll("dialog")) old.close();
  const before = document.activeElement;
  const box = el("dialog.window", { "aria-label": title },
    el("div.head", null, el("h2", null, title), el("button.shut", { type: "button", "aria-label": t("close"), onclick: () => box.close() }, "×")),
    el("div.content", null, content));
  box.addEventListener("close", () => {
    box.remove();
    if (before && before.isConnected) before.focus();
  });
  document.body.append(box);
  box.showModal();
  return box;
}

// A list that hangs from a button.
export function menu(label, id, entries, spec = "button.menu") {
  const list = el("div.menu-list", { hidden: true });
  const button = el(spec, { type: "button", id, "aria-expanded": "false", "aria-haspopup": "true", onclick: () => turn(list.hidden) }, label);
  function turn(open) {
    list.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
    if (!open) return;
    list.replaceChildren(...entries().map(([text, work, more]) => el("button.entry", { type: "button", ...more, onclick: () => {
      turn(false);
      button.focus();
      work();
    } }, text)));
    list.querySelector("button").focus();
  }
  const box = el("div.menu-box", { onkeydown: (event) => {
    const rows = [...list.querySelectorAll("button")];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape" && !list.hidden) {
      event.stopPropagation();
      turn(false);
      button.focus();
    } else if (step && !list.hidden) {
      event.preventDefault();
      rows[(rows.indexOf(document.activeElement) + step + rows.length) % rows.length].focus();
    }
  }, onfocusout: (event) => { if (!box.contains(event.relatedTarget)) turn(false); } }, button, list);
  return box;
}
