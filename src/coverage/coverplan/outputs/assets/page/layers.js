// What lies on the map: areas, roads, surfaces, uncovered places, facilities. Made from plain data by plain functions.
(function () {
  "use strict";
  const cp = window.coverplan;

  // A line or ring as whole hundred-thousandths of a degree, each pair the step from the one before.
  cp.course = function (steps) {
    const points = [];
    let lat = 0, lon = 0;
    for (let i = 0; i < steps.length; i += 2) {
      lat += steps[i];
      lon += steps[i + 1];
      points.push([lat / 1e5, lon / 1e5]);
    }
    return points;
  };

  // Polygons, each its outer ring and its holes.
  cp.shape = (area) => area.rings.map((polygon) => polygon.map(cp.course));

  cp.panes = function (map) {
    const order = { towns: 310, surface: 320, roads: 340, outlines: 350, gaps: 420, facilities: 440, names: 430 };
    for (const [name, z] of Object.entries(order)) {
      const pane = map.createPane(name);
      pane.style.zIndex = z;
      if (["surface", "roads", "outlines", "names"].includes(name)) pane.style.pointerEvents = "none";
    }
  };

  // Lines of a tooltip: the first is its heading; an entry is a word in two languages or a plain text.
  cp.tip = function (lines) {
    return cp.el("div.tip", null, lines.filter(Boolean).map((line, i) =>
      cp.el(i ? "div.line" : "div.head", null, typeof line === "string" ? line : cp.both(line))));
  };

  const TIP = { sticky: true, direction: "auto", className: "cp-tip", opacity: 1 };

  cp.land = function (data) {
    return L.layerGroup(data.areas.map((area) => L.polygon(cp.shape(area), {
      pane: "towns", interactive: false, stroke: false, fill: true, fillColor: "#ffffff", fillOpacity: 1,
    })));
  };

  cp.outlines = function (data) {
    return L.layerGroup(data.areas.map((area) => L.polygon(cp.shape(area), {
      pane: "outlines", interactive: false, fill: false, color: "#4b5563", weight: 1, opacity: 0.75, dashArray: "5 3",
    })));
  };

  cp.names = function (data) {
    return L.layerGroup(data.areas.map((area) => {
      const label = cp.el("div.place", null, cp.both(area.name));
      return L.marker(area.at, { pane: "names", interactive: false, keyboard: false,
        icon: L.divIcon({ className: "cp-name", html: label, iconSize: [0, 0] }) });
    }));
  };

  // Colour, width, and the width of the white beneath, which keeps a road visible on dark bands.
  const ROADS = {
    motorway: ["#565e68", 2.4, 4.4], trunk: ["#6a727c", 1.8, 3.6], primary: ["#767e88", 1.4, 3],
    secondary: ["#868d96", 0.9, 2.2], tertiary: ["#949ba3", 0.6, 1.5],
  };

  cp.roads = function (data, renderer) {
    const minorFirst = data.roads.slice().reverse();
    const stroke = (road, color, weight, opacity) => L.polyline(road.lines.map(cp.course), {
      renderer, interactive: false, color, weight, opacity, smoothFactor: 1.5,
    });
    return L.layerGroup([
      ...minorFirst.map((road) => stroke(road, "#fff", ROADS[road.road_class][2], 0.6)),
      ...minorFirst.map((road) => stroke(road, ROADS[road.road_class][0], ROADS[road.road_class][1], 0.9)),
    ]);
  };

  cp.towns = function (data, ruleId) {
    const towns = data.towns[ruleId];
    return L.layerGroup(towns.rows.map((row, i) => {
      const area = data.areas[i];
      const none = row.step === null;
      const shape = L.polygon(cp.shape(area), {
        pane: "towns", stroke: true, color: "#fff", weight: 1, fill: true,
        fillColor: none ? "#d6d9dd" : data.steps[row.step].colour, fillOpacity: 0.9,
      });
      shape.bindTooltip(() => cp.tip([area.name, ...row.lines]), TIP);
      shape.on("mouseover", () => shape.setStyle({ color: "#111827", weight: 2.5 }).bringToFront());
      shape.on("mouseout", () => shape.setStyle({ color: "#fff", weight: 1 }));
      return shape;
    }));
  };

  // The most people at one uncovered place of any rule, so that circles of all rules compare.
  cp.mostPeople = (data) =>
    Math.max(1, ...Object.values(data.gaps).flatMap((one) => one.rows.map((row) => row.people)));

  cp.radius = (people, most) => Math.max(2.5, 13 * Math.sqrt(people / most));

  cp.gaps = function (data, ruleId) {
    const most = cp.mostPeople(data);
    return L.layerGroup(data.gaps[ruleId].rows.map((row) => {
      const spot = L.circleMarker(row.at, {
        pane: "gaps", radius: cp.radius(row.people, most), color: "#fff", weight: 1, opacity: 0.9,
        fillColor: "#d9480f", fillOpacity: 0.78,
      });
      spot.bindTooltip(() => cp.tip(row.lines), TIP);
      spot.options.what = "gap";
      return spot;
    }));
  };

  const svg = (size, body) => `<svg viewBox="0 0 20 20" width="${size}" height="${size}" aria-hidden="true">${body}</svg>`;
  const cross = (fill, d) => `<path fill="${fill}" d="${d}"/>`;
  const PLUS = "M8.2 4.6h3.6v3.6h3.6v3.6h-3.6v3.6H8.2v-3.6H4.6V8.2h3.6z";
  const INK = "#14304f";
  const SYMBOLS = {
    tertiary: [20, `<rect x="1.5" y="1.5" width="17" height="17" rx="3" fill="${INK}" stroke="#fff" stroke-width="1.6"/>${cross("#fff", PLUS)}`],
    hospital: [18, `<rect x="1.5" y="1.5" width="17" height="17" rx="3" fill="#fff" stroke="${INK}" stroke-width="2"/>${cross(INK, PLUS)}`],
    primary: [14, `<circle cx="10" cy="10" r="8.4" fill="#fff" stroke="${INK}" stroke-width="2.2"/>${cross(INK, "M8.8 5.6h2.4v3.2h3.2v2.4h-3.2v3.2H8.8v-3.2H5.6V8.8h3.2z")}`],
    village: [8, `<circle cx="10" cy="10" r="8" fill="${INK}" stroke="#fff" stroke-width="3"/>`],
    ems: [20, `<path d="M10 .8 19.2 10 10 19.2.8 10z" fill="#111827" stroke="#fff" stroke-width="1.5"/><path d="M10 5.2v9.6M5.9 7.6l8.2 4.8M14.1 7.6l-8.2 4.8" stroke="#fff" stroke-width="2.6"/>`],
    aed: [13, `<path d="M5.6 1.5h8.8l4.1 8.5-4.1 8.5H5.6L1.5 10z" fill="#fff" stroke="#0b6b50" stroke-width="2.2"/><path d="M11.4 3.8 6.4 11h3l-1 5.2 5-7.4h-3z" fill="#0b6b50"/>`],
    other: [11, `<rect x="3" y="3" width="14" height="14" fill="#fff" stroke="#6b7280" stroke-width="2.6"/>`],
    planned: [16, `<rect x="2.5" y="2.5" width="15" height="15" rx="3" fill="#fff" fill-opacity=".85" stroke="${INK}" stroke-width="1.8" stroke-dasharray="3 2.2"/>${cross(INK, PLUS)}`],
  };

  cp.symbol = (name) => svg(SYMBOLS[name][0], SYMBOLS[name][1]);

  cp.facilities = function (data, layer) {
    return L.layerGroup(layer.rows.map((row) => {
      const size = SYMBOLS[row.symbol][0];
      const marker = L.marker(row.at, { pane: "facilities", keyboard: false, riseOnHover: true,
        icon: L.divIcon({ className: `cp-symbol ${row.symbol}`, html: cp.symbol(row.symbol), iconSize: [size, size],
          // A base at a hospital stands beside the hospital's symbol, not upon it.
          iconAnchor: row.beside ? [-5, size + 1] : [size / 2, size / 2] }) });
      marker.bindTooltip(() => cp.tip(row.lines), TIP);
      return marker;
    }));
  };

  // The codes of a surface: pairs of how often and which, see outputs/surface_layer.py.
  cp.unpack = function (text, size) {
    const runs = atob(text);
    const codes = new Uint8Array(size);
    let at = 0;
    for (let i = 0; i < runs.length; i += 2) {
      const until = at + runs.charCodeAt(i);
      codes.fill(runs.charCodeAt(i + 1), at, until);
      at = until;
    }
    return codes;
  };

  const EARTH = 6378137;

  // The code under a position, null outside the picture.
  cp.codeAt = function (surface, latlng) {
    if (!surface.codes) surface.codes = cp.unpack(surface.grid, surface.nx * surface.ny);
    const x = EARTH * latlng.lng * Math.PI / 180;
    const y = EARTH * Math.asinh(Math.tan(latlng.lat * Math.PI / 180));
    const column = Math.floor((x - surface.west) / surface.pixel);
    const row = Math.floor((surface.north - y) / surface.pixel);
    if (column < 0 || row < 0 || column >= surface.nx || row >= surface.ny) return null;
    return surface.codes[row * surface.nx + column];
  };
})();
