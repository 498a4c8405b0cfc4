// Facilities on the map: a symbol for each, those that may move can be dragged, and what changed shows what changed.
import { el } from "./dom.js";
import { aeds } from "./aeds.js";
import { desk } from "./desk.js";
import { follow, rest } from "./drag.js";
import { latLng, lonLat } from "./ground.js";
import { isDot, proposal, sizeOf, symbol } from "./symbols.js";
import { choose, emit, kindOf, on, ruleOf, store } from "./store.js";
import { nameOf, say, t } from "./words.js";

const coarse = matchMedia("(pointer: coarse)").matches;
const markers = new Map();   // facility_id -> {marker, look}
const hidden = new Set(), asked = new Set();
let dragged = null;           // under the hand: nobody else moves it or gives it another picture
let map = null, trails = null, closed = null, proposals = null;

// Shown unless somebody says otherwise: what the target on the map is about, ambulance bases, and hospitals to find one's way by.
export const isShown = (kind) => {
  if (asked.has(kind)) return true;
  if (hidden.has(kind)) return false;
  const rule = ruleOf(store.rule);
  return kind === "hospital" || kind.startsWith("ems") || Boolean(rule && rule.touched_by.includes(kind));
};

export function showKind(kind, visible) {
  (visible ? asked : hidden).add(kind);
  (visible ? hidden : asked).delete(kind);
  update();
}

function iconOf(row) {
  const { shape } = kindOf(row.kind);
  const size = sizeOf(shape);
  const reach = isDot(shape) && !coarse ? 14 : coarse ? 44 : Math.max(size + 8, 24);
  const ringed = row.status === "new" || row.status === "moved" || row.base_vehicles !== undefined && row.base_vehicles !== null;
  const face = el(`div.face.${row.status}${ringed ? ".ringed" : ""}`, null, symbol(shape));
  return L.divIcon({ className: "cp-symbol", html: face, iconSize: [reach, reach] });
}

function tipOf(row) {
  const status = row.status === "open" ? null : t(`status_${row.status}`);
  const vehicles = kindOf(row.kind).has_vehicles ? `${t("vehicles")} ${row.vehicles ?? 0}` : null;
  return el("div.tip", null, el("div.head", null, nameOf(row)),
    el("div.line", null, [row.detail ? say(row.detail) : say(kindOf(row.kind).label), status, vehicles].filter(Boolean).join(" · ")));
}

const TIP = { direction: "top", className: "cp-tip", opacity: 1, offset: [0, -10] };

function wire(marker, id) {
  const row = () => store.state.facilities.find((one) => one.facility_id === id);
  marker.bindTooltip(() => tipOf(row()), TIP);
  marker.on("click", () => choose(id));
  marker.on("dragstart", () => {
    dragged = id;
    marker.closeTooltip();
    map.getContainer().classList.add("dragging");
  });
  marker.on("drag", ({ originalEvent }) => row().kind !== "aed" && follow({ facility_id: id, at: lonLat(marker.getLatLng()), vehicles: row().vehicles ?? null }, originalEvent));
  marker.on("dragend", async () => {
    map.getContainer().classList.remove("dragging");
    rest(true);
    const at = lonLat(marker.getLatLng());
    choose(id);
    dragged = null;
    await (row().kind === "aed" ? aeds.change(row(), { at }) : desk.edit([{ move: { facility: id, at } }]));
  });
}

const canMove = (row) => Boolean(row.movable) || aeds.isMine(row);

// What a marker's picture depends on: it is made anew only when that changes.
const lookOf = (row) => [row.kind, row.status, row.movable, row.base_vehicles].join("|");

// The facilities that the edits of this proposal speak of.
function edited() {
  const found = new Set(store.state.facilities.filter((one) => one.status === "new" || one.status === "moved").map((one) => one.facility_id));
  for (const { edit } of store.state.edits) {
    for (const about of [edit.close, edit.change, edit.move]) if (about) found.add(about.facility || about);
  }
  return found;
}

function update() {
  if (!map) return;
  const seen = new Set(), mine = edited();
  trails.clearLayers();
  for (const row of store.state.facilities) {
    const { facility_id: id } = row;
    const changed = mine.has(id) || id === store.chosen || id === dragged;
    if (!changed && !isShown(row.kind)) continue;
    seen.add(id);
    let kept = markers.get(id);
    if (!kept) {
      const marker = L.marker(latLng(row.at), { keyboard: false, draggable: canMove(row), autoPan: true, autoPanPadding: [24, 24], autoPanSpeed: 6, riseOnHover: true,
        zIndexOffset: row.kind.startsWith("ems") ? 500 : 0, icon: iconOf(row), alt: "" });
      wire(marker, id);
      kept = { marker, look: lookOf(row) };
      markers.set(id, kept);
      marker.addTo(map);
    }
    if (id !== dragged) kept.marker.setLatLng(latLng(row.at));
    if (id !== dragged && kept.look !== lookOf(row)) {
      kept.look = lookOf(row);
      kept.marker.setIcon(iconOf(row));
    }
    kept.marker.getElement().classList.toggle("chosen", id === store.chosen);
    kept.marker.getElement().dataset.facility = id;
    kept.marker.setZIndexOffset(id === store.chosen ? 2000 : changed ? 1000 : row.kind.startsWith("ems") ? 500 : 0);
    if (row.was_at && row.status === "moved") {
      trails.addLayer(L.polyline([latLng(row.was_at), latLng(row.at)], { pane: "trails", interactive: false, color: "#14304f", weight: 1.6, dashArray: "2 5" }));
      trails.addLayer(L.circleMarker(latLng(row.was_at), { pane: "trails", interactive: false, radius: 4, color: "#14304f", weight: 1.4, fillColor: "#fff", fillOpacity: 1 }));
    }
  }
  for (const [id, { marker }] of markers) {
    if (!seen.has(id)) {
      marker.remove();
      markers.delete(id);
    }
  }
  roadsClosed();
}

function roadsClosed() {
  closed.clearLayers();
  for (const { edit, at, lines } of store.state.edits) {
    if (!edit.road || !edit.road.close) continue;
    for (const line of lines || []) {
      closed.addLayer(L.polyline(line.map(latLng), { pane: "closed", interactive: false, color: "#fff", weight: 7, opacity: 0.9 }));
      closed.addLayer(L.polyline(line.map(latLng), { pane: "closed", interactive: false, color: "#b3362b", weight: 4, dashArray: "7 5" }));
    }
    const where = at || edit.road.close.near;
    if (where) {
      closed.addLayer(L.marker(latLng(where), { interactive: false, keyboard: false,
        icon: L.divIcon({ className: "cp-barrier", html: el("span", null, "×"), iconSize: [18, 18] }) }));
    }
  }
}

function suggested() {
  proposals.clearLayers();
  for (const [i, site] of ((store.proposals || {}).sites || []).entries()) {
    proposals.addLayer(L.marker(latLng(site.at), { keyboard: false, zIndexOffset: 3000,
      icon: L.divIcon({ className: "cp-symbol proposal", html: proposal(i + 1), iconSize: [28, 28] }) }).bindTooltip(() =>
      el("div.tip", null, el("div.head", null, say(site.name)), el("div.line", null, t("proposed"))), TIP));
  }
}

// Move a facility's symbol without telling the server: while keys nudge it.
export function putAt(id, at) {
  const kept = markers.get(id);
  if (kept) kept.marker.setLatLng(latLng(at));
}

export function stations(on_map) {
  map = on_map;
  trails = L.layerGroup().addTo(map);
  closed = L.layerGroup().addTo(map);
  proposals = L.layerGroup().addTo(map);
  on("state chosen language", update);
  on("proposals language", suggested);
  update();
  // A panel that opens must not cover what was chosen.
  map.on("resize", () => {
    const kept = store.chosen && markers.get(store.chosen);
    if (kept && !dragged) map.panInside(kept.marker.getLatLng(), { padding: [40, 50], animate: false });
  });
  map.on("click", () => { if (store.tool.name === "select") choose(null); });
}

export function lookAt(id) {
  const row = store.state.facilities.find((one) => one.facility_id === id);
  if (row) map.setView(latLng(row.at), Math.max(map.getZoom(), 13), { animate: false });
  choose(id);
  emit("chosen");
}
