// The map and what never changes on it: land, water, roads, boundaries, names. All of it is the study's own.
import { draw, el, icon } from "./dom.js";
import { on, store } from "./store.js";
import { nameOf, t } from "./words.js";

const PANES = { land: 290, water: 300, points: 330, roads: 325, closed: 345, outlines: 350, names: 415, trails: 420 };

// Heavy roads are drawn darker and wider; a white casing keeps them visible.
const ROADS = {
  motorway: ["#8a929b", 2.4], trunk: ["#949ba4", 1.9], primary: ["#a0a7ae", 1.5], secondary: ["#b3b9bf", 1.0], tertiary: ["#c3c8cd", 0.7],
};
const OTHER_ROAD = ["#cfd3d7", 0.6];

const flip = (line) => line.map(([lon, lat]) => [lat, lon]);
export const latLng = ([lon, lat]) => [lat, lon];
export const lonLat = ({ lat, lng }) => [Number(lng.toFixed(6)), Number(lat.toFixed(6))];

function areas(map) {
  const shapes = store.ground.areas;
  L.geoJSON(shapes, { pane: "land", interactive: false, style: { stroke: false, fillColor: "#fff", fillOpacity: 1 } }).addTo(map);
  if (store.ground.water) {
    L.geoJSON(store.ground.water, { pane: "water", interactive: false, style: { color: "#7fa9c4", weight: 1, fillColor: "#b7d3e4", fillOpacity: 1 } }).addTo(map);
  }
  return L.geoJSON(shapes, { pane: "outlines", interactive: false,
    style: { fill: false, color: "#4b5563", weight: 1, opacity: 0.75, dashArray: "5 3" } }).addTo(map);
}

function roads(map) {
  const renderer = L.canvas({ pane: "roads", padding: 0.2 });
  const minorFirst = [...store.ground.roads].reverse();
  for (const { class: kind, lines } of minorFirst) {
    const [color, weight] = ROADS[kind] || OTHER_ROAD;
    L.polyline(lines.map(flip), { renderer, interactive: false, color, weight, opacity: 0.9, smoothFactor: 1.5 }).addTo(map);
  }
}

function names(map, outlines) {
  const group = L.layerGroup().addTo(map);
  const write = () => {
    group.clearLayers();
    outlines.eachLayer((shape) => {
      const { name, name_en, label_at } = shape.feature.properties;
      const at = label_at ? latLng(label_at) : centre(shape);
      group.addLayer(L.marker(at, { pane: "names", interactive: false, keyboard: false,
        icon: L.divIcon({ className: "cp-name", html: el("div.place", null, nameOf({ name, name_en })), iconSize: [0, 0] }) }));
    });
  };
  write();
  on("language", write);
}

// The centre of gravity of an area's largest ring: a good place for its name.
function centre(shape) {
  let best = null, most = -1;
  const rings = shape.feature.geometry.type === "Polygon" ? [shape.feature.geometry.coordinates[0]]
    : shape.feature.geometry.coordinates.map((polygon) => polygon[0]);
  for (const ring of rings) {
    let area = 0, x = 0, y = 0;
    for (let i = 0; i < ring.length - 1; i++) {
      const [x0, y0] = [ring[i][0] - ring[0][0], ring[i][1] - ring[0][1]];
      const [x1, y1] = [ring[i + 1][0] - ring[0][0], ring[i + 1][1] - ring[0][1]];
      const cross = x0 * y1 - x1 * y0;
      area += cross;
      x += (x0 + x1) * cross;
      y += (y0 + y1) * cross;
    }
    if (Math.abs(area) > most && area) [best, most] = [[ring[0][1] + y / (3 * area), ring[0][0] + x / (3 * area)], Math.abs(area)];
  }
  return best || shape.getBounds().getCenter();
}

function north(map) {
  const control = L.control({ position: "bottomright" });
  const said = el("b", null, t("north"));
  on("language", () => { said.textContent = t("north"); });
  control.onAdd = () => el("div.cp-north", null,
    draw("svg", { viewBox: "0 0 20 26", width: 16, height: 21, "aria-hidden": "true" },
      draw("path", { d: "M10 1 17 24 10 19z", fill: "#17222e" }), draw("path", { d: "M10 1 3 24 10 19z", fill: "none", stroke: "#17222e", "stroke-width": 1.4 })),
    said);
  control.addTo(map);
}

// Back to the whole study after one has looked closely.
function wholeView(map) {
  const control = L.control({ position: "bottomright" });
  control.onAdd = () => {
    const button = el("button.whole", { type: "button", id: "whole", onclick: () => whole(map) }, icon("whole"));
    const name = () => {
      button.title = t("whole_view");
      button.setAttribute("aria-label", t("whole_view"));
    };
    name();
    on("language", name);
    L.DomEvent.disableClickPropagation(button);
    return button;
  };
  control.addTo(map);
}

const box = ([west, south, east, north_]) => [[south, west], [north_, east]];

// Fit a place into what of the map the cards leave free.
export function fit(map, bounds, options) {
  const over = document.querySelector(".over"), tools = document.getElementById("tools");
  const row = tools.offsetWidth > tools.offsetHeight;
  const top = (row ? over.offsetHeight : document.getElementById("board").offsetHeight) + 18;
  const left = row || map.getSize().x < 520 ? 16 : tools.offsetWidth + 14;
  map.fitBounds(bounds, { paddingTopLeft: [left, top], paddingBottomRight: [24, 20], animate: false, ...options });
}

export function makeMap() {
  const map = L.map("map", { zoomControl: false, attributionControl: true, zoomSnap: 0.05, zoomDelta: 0.5, wheelPxPerZoomLevel: 100,
    minZoom: 7, maxZoom: 18, boxZoom: false, keyboard: true });
  map.attributionControl.setPrefix(false);
  for (const [name, z] of Object.entries(PANES)) {
    const pane = map.createPane(name);
    pane.style.zIndex = z;
    pane.style.pointerEvents = "none";
  }
  fit(map, box(store.study.bounds));
  const outlines = areas(map);
  roads(map);
  names(map, outlines);
  L.control.zoom({ position: "bottomright" }).addTo(map);
  wholeView(map);
  L.control.scale({ position: "bottomright", imperial: false, maxWidth: 90 }).addTo(map);
  north(map);
  const credit = store.ground.attribution;
  if (credit) map.attributionControl.addAttribution(el("span", null, typeof credit === "string" ? credit : credit.zh).outerHTML);
  const small = () => map.getContainer().classList.toggle("far", map.getZoom() < 10.2);
  map.on("zoomend", small);
  small();
  let size = map.getSize();
  new ResizeObserver(() => {
    map.invalidateSize({ animate: false, pan: false });
    // A window that was turned, or a sheet that was folded, shows the whole study again; a small change leaves the view alone.
    const now = map.getSize();
    if (Math.abs(now.x - size.x) > 150 || Math.abs(now.y - size.y) > 150) fit(map, box(store.study.bounds));
    size = now;
  }).observe(map.getContainer());
  return map;
}

export const whole = (map) => fit(map, box(store.study.bounds));
