// The panel beside the map: gaps, towns, changes, facilities, one at a time. On a narrow screen the targets are a tab too.
import { $, el, icon, put } from "./dom.js";
import { changes } from "./changes.js";
import { facilities } from "./facilities.js";
import { latLng } from "./ground.js";
import { figureOf, on, ruleOf, store } from "./store.js";
import { people, say, t } from "./words.js";

const TABS = ["targets", "gaps", "towns", "edits", "facilities"];
let map = null, counted = null;

export function show(tab) {
  document.body.dataset.tab = tab;
  document.body.classList.remove("low");
  for (const button of document.querySelectorAll(".tabs [role=tab]")) {
    const on_ = button.dataset.tab === tab;
    button.setAttribute("aria-selected", String(on_));
    button.tabIndex = on_ ? 0 : -1;
  }
}

function tabs() {
  const current = document.body.dataset.tab;
  const buttons = TABS.map((tab) => el(`button.tab.of-${tab}`, { type: "button", role: "tab", id: `tab-${tab}`, "data-tab": tab,
    "aria-selected": String(tab === current), "aria-controls": `view-${tab}`, tabindex: tab === current ? "0" : "-1", onclick: () => show(tab) },
  t(tab === "targets" ? "targets_tab" : tab), tab === "edits" ? (counted = el("span.n")) : null));
  const bar = el("div.tabs", { role: "tablist" }, buttons, el("button.fold-sheet", { type: "button", "aria-label": t("sheet"), title: t("sheet"),
    onclick: () => document.body.classList.toggle("low") }, icon("down")));
  bar.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const visible = buttons.filter((button) => button.offsetParent);
    const at = visible.indexOf(document.activeElement);
    const next = visible[(at + step + visible.length) % visible.length];
    event.preventDefault();
    show(next.dataset.tab);
    next.focus();
  });
  return bar;
}

function count() {
  if (counted) put(counted, store.state.edits.length ? String(store.state.edits.length) : "");
}

const about = (into) => {
  const line = el("p.about");
  const write = () => {
    const rule = ruleOf(store.rule);
    put(line, rule ? `${say(rule.name)} ${say(figureOf(store.rule).held)}` : "");
  };
  into.append(line);
  return write;
};

// The worst places. Rows stay the same elements while a station is dragged, so that a hand or a key keeps its place.
function gaps() {
  const view = el("section.view", { id: "view-gaps", role: "tabpanel", "aria-labelledby": "tab-gaps" });
  const title = about(view);
  const list = el("ol.gaps");
  const none = el("p.empty", null, t("gaps_none"));
  view.append(list, none);
  const rows = [];
  const row = (i) => {
    if (rows[i]) return rows[i];
    const name = el("b"), who = el("span.people"), minutes = el("span.minutes"), cause = el("span.cause"), rank = el("span.rank");
    const button = el("button.go", { type: "button", title: t("zoom_to"), onclick: () => {
      const { at } = store.figures.gaps[i];
      if (!at) return;
      look(at);
    } }, rank, name, who, el("span.under", null, minutes, cause));
    rows[i] = { item: el("li", null, button), name, who, minutes, cause, rank };
    return rows[i];
  };
  const write = () => {
    title();
    const found = store.figures.gaps;
    none.hidden = found.length > 0;
    found.forEach((gap, i) => {
      const one = row(i);
      if (!one.item.parentNode) list.append(one.item);
      put(one.rank, String(gap.rank));
      put(one.name, say(gap.name));
      put(one.who, people(gap.people));
      put(one.minutes, say(gap.minutes));
      put(one.cause, say(gap.cause));
    });
    for (const left of rows.slice(found.length)) left.item.remove();
  };
  return { view, write };
}

let ring = null;
function look(at) {
  map.setView(latLng(at), Math.max(map.getZoom(), 13), { animate: false });
  if (ring) ring.remove();
  ring = L.circleMarker(latLng(at), { pane: "trails", interactive: false, radius: 16, color: "#d9480f", weight: 3, fill: false }).addTo(map);
}

const percent = (share) => `${(100 * share).toFixed(1)}%`;

function towns() {
  const view = el("section.view", { id: "view-towns", role: "tabpanel", "aria-labelledby": "tab-towns" });
  const title = about(view);
  const body = el("tbody");
  view.append(el("table.towns", null, el("thead", null, el("tr", null, el("th", { scope: "col" }, t("town")), el("th", { scope: "col" }, t("share")),
    el("th", { scope: "col" }, t("before")), el("th", { scope: "col" }, t("people_out")))), body));
  const rows = new Map();
  const write = () => {
    title();
    for (const town of store.figures.towns) {
      let one = rows.get(town.area_id);
      if (!one) {
        const bar = el("i"), share = el("span"), before = el("td"), out = el("td");
        const line = el("tr", null, el("th", { scope: "row" }, say(town.name)), el("td.share", null, bar, share), before, out);
        one = { bar, share, before, out, line };
        rows.set(town.area_id, one);
        body.append(line);
      }
      const known = town.share !== null && town.share !== undefined;
      put(one.share, town.text ? say(town.text) : known ? percent(town.share) : "–");
      one.bar.style.width = `${100 * (town.share || 0)}%`;
      const differs = known && town.before !== null && Math.abs(town.share - town.before) > 1e-9;
      put(one.before, differs ? (town.before_text ? say(town.before_text) : percent(town.before)) : "");
      one.line.className = !differs ? "" : town.share > town.before ? "better" : "worse";
      put(one.out, Math.round(town.people_out).toLocaleString("en"));
    }
    for (const [id, one] of rows) one.line.hidden = !store.figures.towns.some((town) => town.area_id === id);
  };
  return { view, write };
}

let views = [];
function make() {
  views = [gaps(), towns(), changes(look), facilities()];
  $("side").replaceChildren(tabs(), ...views.map((one) => one.view));
  $("side").setAttribute("aria-label", t("detail"));
  write();
}

function write() {
  for (const one of views) one.write();
  count();
}

export function side(on_map) {
  map = on_map;
  make();
  on("state", write);
  on("state", () => { if (ring) ring.remove(); });
  // While something moves only what follows it is written anew.
  on("figures", () => views.slice(0, 2).forEach((one) => one.write()));
  on("language", make);
}
