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

  // Two frames for each side of the map, one beneath the roads and names and one above; in them the panes of its layers.
  const UNDER = { towns: 10, surface: 20, points: 30 };
  const OVER = { radius: 10, gaps: 20, facilities: 40 };

  cp.basePanes = function (map) {
    const order = { land: 290, water: 300, roads: 340, zones: 345, outlines: 350, names: 415 };
    for (const [name, z] of Object.entries(order)) {
      const pane = map.createPane(name);
      pane.style.zIndex = z;
      if (name !== "zones") pane.style.pointerEvents = "none";
    }
  };

  // What draws one side of the map: its data, and the names of its panes.
  cp.side = function (map, suffix) {
    const frames = [["under", UNDER, 315], ["over", OVER, 425]].map(([name, panes, z]) => {
      const frame = map.createPane(`${name}${suffix}`);
      frame.style.zIndex = z;
      for (const [inner, at] of Object.entries(panes)) {
        const pane = map.createPane(`${inner}${suffix}`, frame);
        pane.style.zIndex = at;
        if (inner === "surface" || inner === "points") pane.style.pointerEvents = "none";
      }
      return frame;
    });
    return { map, frames, pane: (name) => `${name}${suffix}` };
  };

  // Lines of a tooltip: the first is its heading; an entry is a word in two languages or a plain text.
  cp.tip = function (lines) {
    return cp.el("div.tip", null, lines.filter(Boolean).map((line, i) =>
      cp.el(i ? "div.line" : "div.head", null, typeof line === "string" ? line : cp.both(line))));
  };

  const TIP = { sticky: true, direction: "auto", className: "cp-tip", opacity: 1 };

  cp.land = function (data) {
    return L.layerGroup(data.areas.map((area) => L.polygon(cp.shape(area), {
      pane: "land", interactive: false, stroke: false, fill: true, fillColor: "#ffffff", fillOpacity: 1,
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

  cp.water = function (data) {
    return L.layerGroup(data.zones.filter((one) => one.water).flatMap((one) => one.rows.map((row) => L.polygon(cp.shape(row), {
      pane: "water", interactive: false, stroke: true, color: "#7fa9c4", weight: 1, fill: true, fillColor: "#b7d3e4", fillOpacity: 1,
    }))));
  };

  cp.zones = function (one) {
    return L.layerGroup(one.rows.map((row) => L.polygon(cp.shape(row), {
      pane: "zones", color: "#7a4a12", weight: 2, dashArray: "2 4", fill: true, fillColor: "#7a4a12", fillOpacity: 0.05,
    }).bindTooltip(() => cp.tip([row.name, one.title]), TIP)));
  };

  const EMPTY = "#d6d9dd";

  // One polygon per area, filled by what `paint` says of it.
  function choropleth(side, paint, lines) {
    return L.layerGroup(side.data.areas.map((area, i) => {
      const shape = L.polygon(cp.shape(area), {
        pane: side.pane("towns"), stroke: true, color: "#fff", weight: 1, fill: true, fillColor: paint(i), fillOpacity: 0.9,
      });
      shape.bindTooltip(() => cp.tip([area.name, ...lines(i)]), TIP);
      shape.on("mouseover", () => shape.setStyle({ color: "#111827", weight: 2.5 }).bringToFront());
      shape.on("mouseout", () => shape.setStyle({ color: "#fff", weight: 1 }));
      return shape;
    }));
  }

  cp.towns = function (side, rows) {
    const { steps } = side.data;
    return choropleth(side, (i) => (rows[i].step === null ? EMPTY : steps[rows[i].step].colour), (i) => rows[i].lines);
  };

  // Stripes of a colour, for what has two: a pattern in the SVG of a pane.
  function stripes(side, colour) {
    const id = `stripes-${side.pane("x")}-${colour.slice(1)}`;
    const root = side.map.getPane(side.pane("towns")).querySelector("svg");
    if (root && !document.getElementById(id)) {
      root.insertAdjacentHTML("afterbegin", `<defs><pattern id="${id}" width="9" height="9" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="4.5" height="9" fill="${colour}"/></pattern></defs>`);
    }
    return `url(#${id})`;
  }

  // Towns in the colour of their own lead hospital; where another is nearer to most people, with stripes of that one.
  cp.communities = function (side, one) {
    const colour = (hub) => (hub === null ? EMPTY : one.hub_colours[hub]);
    const group = choropleth(side, (i) => colour(one.towns[i].own), (i) => one.towns[i].lines);
    const striped = L.layerGroup(side.data.areas.filter((_, i) => one.towns[i].differs).map((area) => L.polygon(cp.shape(area), {
      pane: side.pane("towns"), interactive: false, stroke: true, color: "#374151", weight: 1.2, fill: true, fillOpacity: 1,
    })));
    group.addLayer(striped);
    group.on("add", () => {
      const differing = one.towns.filter((town) => town.differs);
      striped.getLayers().forEach((shape, i) => {
        shape.setStyle({ fillColor: stripes(side, colour(differing[i].near)) });
        shape.bringToFront();
      });
    });
    return group;
  };

  cp.picture = (side, one) => L.imageOverlay(one.image, one.corners, { pane: side.pane("surface"), className: "cp-pixels" });

  cp.isochrones = function (side, one) {
    return L.layerGroup(one.rows.map((row) => L.polygon(cp.shape(row), {
      pane: side.pane("towns"), color: "#22313f", weight: 0.8, opacity: 0.7, fill: true, fillColor: row.colour, fillOpacity: 0.85, smoothFactor: 0.8,
    }).bindTooltip(() => cp.tip([{ zh: `${one.verb.zh} ≤ ${row.upper} 分钟`, en: `${one.verb.en} ≤ ${row.upper} min` }]), TIP)));
  };

  cp.circles = function (side, one) {
    return L.layerGroup(one.centres.map((at, i) => L.circle(at, {
      pane: side.pane("radius"), radius: one.metres, interactive: false, fill: false, color: "#b45309", weight: 1.6, dashArray: "6 4",
    })));
  };

  cp.byRoad = function (side, one) {
    return L.layerGroup([L.polygon(cp.shape(one), {
      pane: side.pane("radius"), interactive: false, color: "#0f4c75", weight: 1.8, fill: true, fillColor: "#0f4c75", fillOpacity: 0.16,
    })]);
  };

  // The most people at one uncovered place of a rule, in any state of the page, so that circles compare.
  cp.mostPeople = function (ruleId) {
    const all = (cp.page.states || [cp.page]).map((state) => (state.gaps || cp.page.gaps)[ruleId]).filter(Boolean);
    return Math.max(1, ...all.flatMap((one) => one.rows.map((row) => row.people)));
  };

  cp.radius = (people, most) => Math.max(3.5, 13 * Math.sqrt(people / most));

  const RANKED = 10;
  // Filled: too far or too few. A ring: no road leads there, so no station nearby would help.
  const isCutOff = (cause) => cause === "not_connected" || cause === "off_network";

  cp.gaps = function (side, ruleId) {
    const most = cp.mostPeople(ruleId);
    return L.layerGroup(side.data.gaps[ruleId].rows.flatMap((row) => {
      const radius = cp.radius(row.people, most);
      const cut = isCutOff(row.cause);
      const spot = L.circleMarker(row.at, {
        pane: side.pane("gaps"), radius, color: cut ? "#9a2f05" : "#fff", weight: cut ? 3 : 1, opacity: 0.95,
        fillColor: cut ? "#fff" : "#d9480f", fillOpacity: 0.8,
      });
      spot.bindTooltip(() => cp.tip(row.lines), TIP);
      row.spot = spot;
      const number = row.rank > RANKED ? null : L.marker(row.at, { pane: side.pane("gaps"), interactive: false, keyboard: false,
        icon: L.divIcon({ className: `cp-rank${cut || radius < 7 ? " dark" : ""}`, html: String(row.rank), iconSize: [16, 12], iconAnchor: [8, radius < 7 ? 17 : 6] }) });
      return number ? [spot, number] : [spot];
    }));
  };

  const svg = (size, body) => `<svg viewBox="0 0 20 20" width="${size}" height="${size}" aria-hidden="true">${body}</svg>`;
  const INK = "#14304f";
  const PLUS = "M8.4 5h3.2v3.4H15v3.2h-3.4V15H8.4v-3.4H5V8.4h3.4z";
  const SHAPES = {
    square: (fill, dash) => `<rect x="1.5" y="1.5" width="17" height="17" rx="3" fill="${fill}" stroke="${INK}" stroke-width="2"${dash}/>`,
    circle: (fill, dash) => `<circle cx="10" cy="10" r="8.4" fill="${fill}" stroke="${INK}" stroke-width="2.2"${dash}/>`,
    small: (fill, dash) => `<rect x="2.5" y="2.5" width="15" height="15" fill="${fill}" stroke="#6b7280" stroke-width="2"${dash}/>`,
    hexagon: (fill, dash) => `<path d="M5.6 1.5h8.8l4.1 8.5-4.1 8.5H5.6L1.5 10z" fill="${fill}" stroke="#0b6b50" stroke-width="2.2"${dash}/>`,
    diamond: () => `<path d="M10 .8 19.2 10 10 19.2.8 10z" fill="#111827" stroke="#fff" stroke-width="1.5"/>`,
    dot: () => `<circle cx="10" cy="10" r="8" fill="${INK}" stroke="#fff" stroke-width="3"/>`,
  };
  const SIGNS = {
    "+": (ink) => `<path fill="${ink}" d="${PLUS}"/>`,
    "*": () => `<path d="M10 5.2v9.6M5.9 7.6l8.2 4.8M14.1 7.6l-8.2 4.8" stroke="#fff" stroke-width="2.6"/>`,
    a: () => `<path d="M11.4 3.8 6.4 11h3l-1 5.2 5-7.4h-3z" fill="#0b6b50"/>`,
    "": () => "",
  };

  // "square|+|18|filled": shape, sign, size, and whether filled or dashed. All of them are words of our own.
  cp.sizeOf = (symbol) => Number(symbol.split("|")[2]);
  cp.symbol = function (symbol) {
    const [shape, sign, size, style] = symbol.split("|");
    const filled = style === "filled";
    const ink = filled ? "#fff" : shape === "small" ? "#4b5563" : INK;
    const drawn = SIGNS[sign] ? SIGNS[sign](ink)
      : `<text x="10" y="14" text-anchor="middle" font-size="11.5" font-weight="700" fill="${ink}">${sign}</text>`;
    return svg(size, SHAPES[shape](filled ? INK : "#fff", style === "dashed" ? ' stroke-dasharray="3 2.2"' : "") + drawn);
  };

  const FEW = 40, CLOSE = 13.5, APART = 46;

  // Many symbols of a kind: those that would lie upon one another stand together with their number until one zooms in.
  function clustered(side, markers, symbol) {
    const { map } = side;
    const group = L.layerGroup();
    function bubble(together) {
      const box = L.latLngBounds(together.map((marker) => marker.getLatLng()));
      const html = `${cp.symbol(symbol)}<b>${together.length}</b>`;
      return L.marker(box.getCenter(), { pane: side.pane("facilities"), keyboard: false, title: String(together.length),
        icon: L.divIcon({ className: "cp-cluster", html, iconSize: [34, 20], iconAnchor: [17, 10] }) })
        .on("click", () => map.fitBounds(box.pad(0.2), { maxZoom: 15 }));
    }
    function arrange() {
      group.clearLayers();
      const zoom = map.getZoom();
      if (zoom >= CLOSE) return markers.forEach((marker) => group.addLayer(marker));
      const cells = new Map();
      for (const marker of markers) {
        const at = map.project(marker.getLatLng(), zoom).divideBy(APART).floor();
        const key = `${at.x} ${at.y}`;
        cells.set(key, [...(cells.get(key) || []), marker]);
      }
      for (const together of cells.values()) {
        if (together.length < 3) together.forEach((marker) => group.addLayer(marker));
        else group.addLayer(bubble(together));
      }
    }
    return group.on("add", () => { arrange(); map.on("zoomend", arrange); }).on("remove", () => map.off("zoomend", arrange));
  }

  cp.facilities = function (side, layer) {
    const size = cp.sizeOf(layer.symbol);
    const html = cp.symbol(layer.symbol);
    const markers = layer.rows.map((row) => L.marker(row.at, { pane: side.pane("facilities"), keyboard: false, riseOnHover: true,
      icon: L.divIcon({ className: `cp-symbol ${layer.id}`, html, iconSize: [size, size],
        // A base at a hospital stands beside the hospital's symbol, not upon it.
        iconAnchor: row.beside ? [-5, size + 1] : [size / 2, size / 2] }) }).bindTooltip(() => cp.tip(row.lines), TIP));
    return markers.length > FEW ? clustered(side, markers, layer.symbol) : L.layerGroup(markers);
  };

  // The codes of a surface: pairs of how often and which, see outputs/maps/raster.py.
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

  // The cell under a position, null outside the grid.
  cp.cellAt = function (grid, latlng) {
    const x = EARTH * latlng.lng * Math.PI / 180;
    const y = EARTH * Math.asinh(Math.tan(latlng.lat * Math.PI / 180));
    const column = Math.floor((x - grid.west) / grid.pixel);
    const row = Math.floor((grid.north - y) / grid.pixel);
    return column < 0 || row < 0 || column >= grid.nx || row >= grid.ny ? null : row * grid.nx + column;
  };

  // The code there.
  cp.codeAt = function (grid, latlng) {
    if (!grid.codes) grid.codes = cp.unpack(grid.grid, grid.nx * grid.ny);
    const cell = cp.cellAt(grid, latlng);
    return cell === null ? null : grid.codes[cell];
  };
})();
