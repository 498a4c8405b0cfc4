// The demand points on one canvas, however many there are: within the limit, beyond it, newly within, newly beyond.
import { el } from "./dom.js";
import { on, store } from "./store.js";
import { nameOf, people, t } from "./words.js";

export const OUT = 0, IN = 1, NEW = 2, GONE = 3;
// Light teal and dark purple as on the written maps; bright blue and orange for what changes. They keep apart in every
// kind of colour blindness, and what changes is larger and ringed in white, so that it shows in grey too.
export const COLOURS = { [OUT]: "#4a1d75", [IN]: "#74b3a6", [NEW]: "#0b62e6", [GONE]: "#e8590c" };

function abgr(css) {
  const value = parseInt(css.slice(1), 16);
  return (255 << 24 | (value & 255) << 16 | (value >> 8 & 255) << 8 | value >> 16) >>> 0;
}
const INKS = [OUT, IN, NEW, GONE].map((code) => abgr(COLOURS[code]));
const WHITE = 0xffffffff;

// Codes as the server packs them: four points a byte, the first in the lowest bits; or a plain list.
function unpack(covered, n) {
  if (Array.isArray(covered)) return Uint8Array.from(covered);
  const codes = new Uint8Array(n);
  if (!covered) return codes;
  const bytes = atob(covered);
  for (let i = 0; i < n; i++) codes[i] = bytes.charCodeAt(i >> 2) >> 2 * (i & 3) & 3;
  return codes;
}

function project({ lon, lat, people }) {
  const n = lon.length;
  const x = new Float64Array(n), y = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    x[i] = lon[i] / 360 + 0.5;
    y[i] = 0.5 - Math.asinh(Math.tan(lat[i] * Math.PI / 180)) / (2 * Math.PI);
  }
  return { n, x, y, people };
}

const PointLayer = L.Layer.extend({
  initialize(points) {
    this.cloud = project(points);
    this.codes = new Uint8Array(this.cloud.n);
  },
  getEvents() {
    return { moveend: this.place, resize: this.place, zoomstart: () => { this.canvas.style.visibility = "hidden"; } };
  },
  onAdd() {
    this.canvas = L.DomUtil.create("canvas", "points leaflet-zoom-hide");
    this._map.getPane("points").appendChild(this.canvas);
    this.place();
  },
  show(codes) {
    this.codes = codes;
    if (this.canvas) this.paint();
  },
  // Where each point stands on the screen: worked out when the map moves, not when its colours change.
  place() {
    const map = this._map, { cloud, canvas } = this;
    const { x: width, y: height } = map.getSize();
    if (!width || !height) return;
    const ratio = Math.min(2, Math.max(1, Math.round(window.devicePixelRatio || 1)));
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    canvas.style.visibility = "";
    L.DomUtil.setPosition(canvas, map.containerPointToLayerPoint([0, 0]));
    const zoom = map.getZoom();
    const scale = 256 * 2 ** zoom * ratio;
    const corner = map.getPixelBounds().min.multiplyBy(ratio);
    const seen = [];
    for (let i = 0; i < cloud.n; i++) {
      const left = cloud.x[i] * scale - corner.x, top = cloud.y[i] * scale - corner.y;
      if (left > -20 && top > -20 && left < canvas.width + 20 && top < canvas.height + 20 && cloud.people[i] > 0) seen.push(i);
    }
    this.index = Int32Array.from(seen);
    this.left = new Int16Array(seen.length);
    this.top = new Int16Array(seen.length);
    this.side = new Uint8Array(seen.length);
    seen.forEach((i, k) => {
      const side = ratio * Math.min(14, Math.max(3, Math.round(Math.sqrt(cloud.people[i]) * 2 ** (zoom - 14.2) * 1.2)));
      this.side[k] = side;
      this.left[k] = Math.round(cloud.x[i] * scale - corner.x - side / 2);
      this.top[k] = Math.round(cloud.y[i] * scale - corner.y - side / 2);
    });
    this.ratio = ratio;
    this.image = new ImageData(canvas.width, canvas.height);
    this.pixels = new Uint32Array(this.image.data.buffer);
    this.paint();
  },
  square(left, top, side, ink) {
    const { pixels } = this, { width, height } = this.image;
    const from = Math.max(0, left), to = Math.min(width, left + side), end = Math.min(height, top + side);
    // Small squares by far the most: a plain loop is faster than filling ranges of two or three pixels.
    for (let row = Math.max(0, top); row < end; row++) {
      for (let at = row * width + from, last = row * width + to; at < last; at++) pixels[at] = ink;
    }
  },
  paint() {
    if (!this.image) return;
    this.pixels.fill(0);
    const { index, left, top, side, codes, ratio } = this;
    // What is within lies lowest, then what is beyond; what changes lies on top of everything, larger and ringed.
    const above = { [OUT]: [], [NEW]: [], [GONE]: [] };
    for (let k = 0; k < index.length; k++) {
      const code = codes[index[k]];
      if (code === IN) this.square(left[k], top[k], side[k], INKS[IN]);
      else above[code].push(k);
    }
    for (const k of above[OUT]) this.square(left[k], top[k], side[k], INKS[OUT]);
    for (const code of [NEW, GONE]) {
      for (const k of above[code]) this.square(left[k] - 2 * ratio, top[k] - 2 * ratio, side[k] + 4 * ratio, WHITE);
      for (const k of above[code]) this.square(left[k] - ratio, top[k] - ratio, side[k] + 2 * ratio, INKS[code]);
    }
    this.canvas.getContext("2d").putImageData(this.image, 0, 0);
  },
  // The point nearest to a place on the screen, within a few pixels; null if there is none.
  at(where) {
    let best = null, least = 7 ** 2;
    for (let k = 0; k < (this.index || []).length; k++) {
      const half = this.side[k] / 2;
      const away = ((this.left[k] + half) / this.ratio - where.x) ** 2 + ((this.top[k] + half) / this.ratio - where.y) ** 2;
      if (away < least) [best, least] = [this.index[k], away];
    }
    return best;
  },
});

// The pointer over a point: which place, how many people, what the target on the map says of them.
function tellPoints(map, layer) {
  const tip = L.tooltip({ direction: "top", className: "cp-tip", opacity: 1, offset: [0, -8] });
  const says = { [IN]: "covered", [OUT]: "uncovered", [NEW]: "newly", [GONE]: "newly_lost" };
  const hide = () => tip.remove();
  map.on("mousemove", ({ originalEvent, containerPoint }) => {
    const over = originalEvent.target;
    const busy = originalEvent.buttons || store.tool.name !== "select" || over.closest && over.closest(".cp-symbol, .over, .cp-card");
    const i = busy ? null : layer.at(containerPoint);
    if (i === null) return hide();
    const { lon, lat, people: who, name, area } = store.ground.points;
    const town = store.ground.areas.features[area[i]];
    const content = el("div.tip", null, el("div.head", null, [town && nameOf(town.properties), name && name[i]].filter(Boolean).join(" ") || people(who[i])),
      el("div.line", null, `${people(who[i])} · ${t(says[layer.codes[i]])}`));
    tip.options.direction = containerPoint.y < 230 ? "bottom" : "top";
    tip.options.offset = [0, containerPoint.y < 230 ? 8 : -8];
    tip.setLatLng([lat[i], lon[i]]).setContent(content);
    if (!map.hasLayer(tip)) tip.addTo(map);
  });
  map.on("mouseout movestart", hide);
}

export function pointLayer(map) {
  const layer = new PointLayer(store.ground.points).addTo(map);
  tellPoints(map, layer);
  const show = () => layer.show(unpack(store.figures.covered, layer.cloud.n));
  on("figures", show);
  if (store.figures) show();
  return layer;
}
