// The list of what this proposal changes, each with a way to take it out; and the way in for a table of proposed sites.
import { el, icon } from "./dom.js";
import { desk } from "./desk.js";
import { pickFile } from "./upload.js";
import { store } from "./store.js";
import { say, t } from "./words.js";

export function changes(look) {
  const list = el("ol.edits");
  const none = el("div.empty", null, el("b", null, t("no_edits")), el("p", null, t("no_edits_how")));
  const reset = el("button.plain", { type: "button", id: "reset", onclick: () => desk.reset() }, t("reset"));
  const view = el("section.view", { id: "view-edits", role: "tabpanel", "aria-labelledby": "tab-edits" }, none, list,
    el("div.row-end", null, reset),
    el("div.upload", null, el("button.second", { type: "button", id: "upload", onclick: pickFile }, icon("up"), t("upload")), el("p", null, t("upload_hint"))));
  const write = () => {
    const { edits } = store.state;
    const had = [...list.querySelectorAll("button.out")].indexOf(document.activeElement);
    list.replaceChildren(...edits.map((one) => el("li", null,
      one.at ? el("button.said", { type: "button", title: t("zoom_to"), onclick: () => look(one.at) }, say(one.says)) : el("span.said", null, say(one.says)),
      el("button.out", { type: "button", title: t("take_out"), "aria-label": `${t("take_out")}: ${say(one.says)}`, onclick: () => desk.takeOut(one.index) }, icon("close")))));
    if (had >= 0) {
      const left = list.querySelectorAll("button.out");
      (left[Math.min(had, left.length - 1)] || view.querySelector("#upload")).focus();
    }
    none.hidden = edits.length > 0;
    reset.hidden = edits.length < 2;
  };
  return { view, write };
}
