// The tools on the map: add a station or an AED, close a road, suggest sites; and the form for those who add by numbers.
import { $, el, fill, icon } from "./dom.js";
import { desk } from "./desk.js";
import { dialog } from "./dialogs.js";
import { follow, rest } from "./drag.js";
import { lonLat } from "./ground.js";
import { askForSites } from "./suggest.js";
import { choose, kindOf, on, store, useTool } from "./store.js";
import { symbol } from "./symbols.js";
import { language, say, t } from "./words.js";

let map = null, ghost = null;

// A name nobody has yet: 新增急救站 1, 2 ...
function newName(kind) {
  const said = kindOf(kind).label;
  const stem = language() === "en" ? `New ${said.en || said.zh}` : `新增${said.zh || said.en}`;
  const taken = new Set([...store.state.facilities.map((one) => one.name),
    ...store.state.edits.map(({ edit }) => (edit.open || edit.devices || edit.post || {}).name)]);
  let n = 1;
  while (taken.has(`${stem} ${n}`)) n += 1;
  return `${stem} ${n}`;
}

export function addEdit(kind, at, { name, name_en, vehicles } = {}) {
  const called = name || newName(kind);
  if (kind === "aed") return { devices: { name: called, at, devices: 1 } };
  return { open: { kind, name: called, ...(name_en ? { name_en } : {}), at, ...(kindOf(kind).has_vehicles ? { vehicles: vehicles ?? 1 } : {}) } };
}

async function add(kind, at, more) {
  const before = new Set(store.state.facilities.map((one) => one.facility_id));
  const state = await desk.edit([addEdit(kind, at, more)]);
  const fresh = state && state.facilities.find((one) => !before.has(one.facility_id));
  if (fresh) choose(fresh.facility_id);
  return state;
}

function dropGhost() {
  if (ghost) ghost.remove();
  ghost = null;
}

async function click({ latlng }) {
  const { name, kind } = store.tool;
  const at = lonLat(latlng);
  if (name === "add") {
    rest(true);
    dropGhost();
    useTool({ name: "select" });
    await add(kind, at);
  } else if (name === "road") {
    useTool({ name: "select" });
    await desk.edit([{ road: { close: { near: at } } }]);
  }
}

// A new station follows the pointer before it is put down, and its figures with it.
function hover({ latlng, originalEvent }) {
  if (store.tool.name !== "add") return;
  const { kind } = store.tool;
  if (!ghost) {
    ghost = L.marker(latlng, { interactive: false, keyboard: false, zIndexOffset: 4000,
      icon: L.divIcon({ className: "cp-symbol ghost", html: symbol(kindOf(kind).shape, 26), iconSize: [26, 26] }) }).addTo(map);
  }
  ghost.setLatLng(latlng);
  if (kind !== "aed") follow({ kind, at: lonLat(latlng), vehicles: kindOf(kind).has_vehicles ? 1 : null }, originalEvent);
}

export function leaveTool() {
  if (store.tool.name === "select") return false;
  dropGhost();
  rest(false);
  useTool({ name: "select" });
  return true;
}

const addable = () => store.study.kinds.filter((one) => one.can_add);

function byNumbers(kind) {
  const kinds = addable();
  const pick = el("select", { name: "kind" }, kinds.map((one) => el("option", { value: one.kind, selected: one.kind === kind }, say(one.label))));
  const centre = lonLat(map.getCenter());
  const name = el("input", { name: "name", maxlength: "80", placeholder: newName(kind || kinds[0].kind) });
  const lon = el("input", { name: "lon", type: "number", step: "any", required: true, value: centre[0].toFixed(4) });
  const lat = el("input", { name: "lat", type: "number", step: "any", required: true, value: centre[1].toFixed(4) });
  const vehicles = el("input", { name: "vehicles", type: "number", min: "0", max: "99", value: "1" });
  const field = (label, input) => el("label.field", null, el("span", null, label), input);
  const vehicle_field = field(t("vehicles"), vehicles);
  const fits = () => { vehicle_field.hidden = !kindOf(pick.value).has_vehicles; };
  pick.addEventListener("change", fits);
  fits();
  const box = dialog(t("tool_list"), el("form.fields", { onsubmit: async (event) => {
    event.preventDefault();
    const state = await add(pick.value, [Number(lon.value), Number(lat.value)], { name: name.value.trim(), vehicles: Number(vehicles.value) });
    if (state) box.close();
  } }, field(t("kind"), pick), field(t("name"), name), field(t("lon"), lon), field(t("lat"), lat), vehicle_field,
  el("div.row-end", null, el("button.first", { type: "submit" }, t("tool_station")))));
}

function tool(label, face, pressed, work, id) {
  return el("button.tool", { type: "button", id, title: label, "aria-pressed": pressed === null ? null : String(pressed), onclick: work }, face, el("span", null, label));
}

function make() {
  const now = store.tool;
  const kinds = addable();
  const first = kinds.filter((one) => one.kind === "ems_station" || one.kind === "aed");
  const shown = first.length ? first : kinds.slice(0, 2);
  const others = kinds.filter((one) => !shown.includes(one));
  const start = (kind) => {
    choose(null);
    useTool(now.name === "add" && now.kind === kind ? { name: "select" } : { name: "add", kind });
  };
  const had = document.activeElement && $("tools").contains(document.activeElement) ? document.activeElement.id : null;
  $("tools").setAttribute("aria-label", t("tools"));
  fill($("tools"),
    tool(t("tool_select"), icon("select"), now.name === "select", leaveTool, "tool-select"),
    ...shown.map((one) => tool(`${t("tool_station")}${language() === "en" ? " " : ""}${say(one.label)}`, symbol(one.shape, 18),
      now.name === "add" && now.kind === one.kind, () => start(one.kind), `tool-${one.kind}`)),
    others.length ? el("label.tool.pick", { title: t("tool_other") }, icon("more"), el("select", { id: "tool-other", "aria-label": t("tool_other"), onchange: (event) => {
      if (event.target.value) start(event.target.value);
    } }, el("option", { value: "" }, t("tool_other")), others.map((one) => el("option", { value: one.kind, selected: now.kind === one.kind }, say(one.label))))) : null,
    tool(t("tool_road"), icon("road"), now.name === "road", () => useTool(now.name === "road" ? { name: "select" } : { name: "road" }), "tool-road"),
    tool(t("tool_list"), icon("pin"), null, () => byNumbers(now.kind), "tool-numbers"),
    tool(t("tool_suggest"), icon("star"), null, askForSites, "tool-suggest"));
  if (had && $(had)) $(had).focus();
  $("ground").dataset.tool = now.name;
  if (now.name !== "add") dropGhost();
  let hint = $("tool-hint");
  const said = now.name === "add" ? t("hint_add") : now.name === "road" ? t("hint_road") : "";
  if (!said && hint) hint.remove();
  if (said) {
    if (!hint) $("ground").append(hint = el("div.tool-hint", { id: "tool-hint", role: "status" }));
    hint.textContent = said;
  }
}

export function tools(on_map) {
  map = on_map;
  map.on("click", click);
  map.on("mousemove", hover);
  map.on("mouseout", () => {
    if (store.tool.name !== "add") return;
    dropGhost();
    rest(false);
  });
  on("tool language", make);
  make();
}
