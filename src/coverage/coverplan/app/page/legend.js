// The legend: what the colours of the demand points mean, and which kinds of facilities are on the map.
import { $, el } from "./dom.js";
import { COLOURS, GONE, IN, NEW, OUT } from "./points.js";
import { isShown, showKind } from "./stations.js";
import { on, store } from "./store.js";
import { symbol } from "./symbols.js";
import { say, t } from "./words.js";

let open = null;

function swatch(code, label) {
  const box = el(code === NEW || code === GONE ? "i.dot.changed" : "i.dot");
  box.style.background = COLOURS[code];
  return el("div.step", null, box, el("span", null, label));
}

function kinds() {
  const present = new Set(store.state.facilities.map((one) => one.kind));
  return store.study.kinds.filter((one) => present.has(one.kind)).map((one) => el("label.step", null,
    el("input", { type: "checkbox", checked: isShown(one.kind), "data-kind": one.kind, onchange: (event) => showKind(one.kind, event.target.checked) }),
    el("span.sign", null, symbol(one.shape, Math.min(15, 15))), el("span", null, say(one.label))));
}

function write() {
  if (open === null) open = matchMedia("(min-width: 1101px) and (min-height: 700px)").matches;
  const had = document.activeElement && $("legend").contains(document.activeElement) ? document.activeElement.dataset.kind : null;
  const more = $("legend").querySelector("details.shown-kinds");
  const wasOpen = more ? more.open : false;
  $("legend").replaceChildren(el("details", { open, ontoggle: (event) => { if (event.target === event.currentTarget) open = event.target.open; } },
    el("summary", null, t("legend")),
    el("div.codes", null, swatch(IN, t("covered")), swatch(OUT, t("uncovered")), swatch(NEW, t("newly")), swatch(GONE, t("newly_lost"))),
    el("details.shown-kinds", { open: wasOpen }, el("summary", null, t("kinds_shown")), el("div.rows", null, kinds()))));
  if (had) {
    const again = $("legend").querySelector(`[data-kind="${CSS.escape(had)}"]`);
    if (again) again.focus();
  }
}

let known = "";
export function legend() {
  write();
  on("language", write);
  on("state", () => {
    const now = `${store.rule} ${[...new Set(store.state.facilities.map((one) => one.kind))].sort().join()}`;
    if (now !== known) write();
    known = now;
  });
}
