// Brings the page to life: one theme and one rule at a time, the layer list, the legend, the words under the pointer.
(function () {
  "use strict";
  const cp = window.coverplan;
  const { el, both } = cp;

  // What is shown: `theme` is a surface's id, "towns" or "none"; `rule` is the rule that towns and gaps speak of.
  const state = { theme: "none", rule: null, shown: {} };
  const made = {};
  let data, map, legendBox, listBox, pictures;

  const once = (key, make) => made[key] || (made[key] = make());
  const put = (layer, wanted) => (wanted ? layer.addTo(map) : layer.remove());

  function refresh() {
    for (const surface of data.surfaces) put(pictures[surface.id], state.theme === surface.id);
    for (const verdict of data.verdicts) {
      const isRule = verdict.id === state.rule;
      if (verdict.towns) {
        const key = `towns ${verdict.id}`;
        const wanted = isRule && state.theme === "towns";
        if (wanted || made[key]) put(once(key, () => cp.towns(data, verdict.id)), wanted);
      }
      if (verdict.gaps) {
        const key = `gaps ${verdict.id}`;
        const wanted = isRule && state.shown.gaps;
        if (wanted || made[key]) put(once(key, () => cp.gaps(data, verdict.id)), wanted);
      }
    }
    for (const layer of data.facilities) {
      const key = `facilities ${layer.id}`;
      const wanted = Boolean(state.shown[layer.id]);
      if (wanted || made[key]) put(once(key, () => cp.facilities(data, layer)), wanted);
    }
    put(once("roads", () => cp.roads(data, L.canvas({ pane: "roads", padding: 0.3 }))), state.shown.roads);
    put(once("outlines", () => cp.outlines(data)), state.shown.outlines);
    put(once("names", () => cp.names(data)), state.shown.names);
    hidePointer();
    drawList();
    drawLegend();
    cp.select(state.rule);
  }

  // A card of the verdict panel was pressed; `what` says which of its maps is wanted, null means the fitting one.
  function choose(ruleId, what) {
    if (ruleId === state.rule && what === null) {
      cp.select(document.querySelector("article.verdict.chosen") ? null : ruleId);
      return;
    }
    const verdict = data.verdicts.find((one) => one.id === ruleId);
    state.rule = ruleId;
    if (what === "gaps") state.shown.gaps = true;
    else if (what === "surface" || (what === null && verdict.surface)) state.theme = verdict.surface;
    else if (verdict.towns) state.theme = "towns";
    refresh();
  }

  function rule() {
    return data.verdicts.find((verdict) => verdict.id === state.rule);
  }

  function row(type, name, checked, label, symbol, change, note) {
    const input = el("input", { type, name, onchange: change });
    input.checked = checked;
    return el("label.row", null, input, symbol || el("span.sign"), el("span.label", null, both(label),
      note ? el("span.note", null, note) : null));
  }

  // How many are shown, and of how many when not all are.
  function ofTotal({ rows, total }) {
    return rows.length < total ? `${rows.length} / ${total}` : String(total);
  }

  function sign(html) {
    const box = el("span.sign");
    box.innerHTML = html; // one of our own symbols, never text from a table
    return box;
  }

  function drawList() {
    const words = data.words;
    const theme = (id, label) =>
      row("radio", "theme", state.theme === id, label, null, () => { state.theme = id; refresh(); });
    const toggle = (id, label, symbol, note) =>
      row("checkbox", id, Boolean(state.shown[id]), label, symbol, (event) => {
        state.shown[id] = event.target.checked;
        refresh();
      }, note);
    const active = rule();
    const hasTowns = active && active.towns;
    listBox.replaceChildren(
      el("h3", null, both(words.theme)),
      ...data.surfaces.map((surface) => theme(surface.id, surface.title)),
      ...(hasTowns ? [theme("towns", words.town_theme)] : []),
      theme("none", words.none),
      el("h3", null, both(words.places)),
      ...(active && active.gaps ? [toggle("gaps", words.gap_places, el("span.sign.gap"), ofTotal(data.gaps[active.id]))] : []),
      ...data.facilities.map((layer) => toggle(layer.id, layer.title, sign(cp.symbol(layer.symbol)), ofTotal(layer))),
      el("h3", null, both(words.base)),
      ...(data.roads.length ? [toggle("roads", words.roads, el("span.sign.road"))] : []),
      ...(data.areas.length ? [toggle("outlines", words.outlines, el("span.sign.outline"))] : []),
      ...(data.areas.length ? [toggle("names", words.names, el("span.sign.text", null, "镇"))] : []));
  }

  function swatch(colour, label) {
    const box = el(colour ? "span.swatch" : "span.swatch.hatched");
    if (colour) box.style.background = colour;
    return el("div.step", null, box, typeof label === "string" ? el("span", null, label) : both(label));
  }

  // The largest of 1, 2, 5, 10, 20, 50 ... that is not more than a number.
  function round(value) {
    const power = 10 ** Math.floor(Math.log10(value));
    return power * [5, 2, 1].find((step) => step * power <= value);
  }

  function gapSizes() {
    const most = cp.mostPeople(data);
    const samples = [...new Set([most / 25, most / 5, most].map((people) => round(Math.max(1, people))))];
    return el("div.sizes", null, samples.map((people) => {
      const disc = el("i");
      disc.style.width = disc.style.height = `${2 * cp.radius(people, most)}px`;
      return el("span.size", null, disc, people.toLocaleString("en"));
    }), both(data.words.people));
  }

  function drawLegend() {
    const parts = [];
    const surface = data.surfaces.find((one) => one.id === state.theme);
    const active = rule();
    if (surface) {
      parts.push(el("h3", null, both(surface.title)), el("p.unit", null, both(surface.unit)),
        el("div.ramp", null, surface.bands.map((band) => {
          const node = swatch(band.colour, band.label);
          if (band.limit) node.append(el("span.tick", null, both(surface.limit)));
          return node;
        })));
    } else if (state.theme === "towns" && active && active.towns) {
      parts.push(el("h3", null, both(active.title)), el("p.unit", null, both(data.towns[active.id].unit)),
        el("div.ramp", null, data.steps.map((step) => swatch(step.colour, step.label)), swatch("#d6d9dd", data.words.nothing)));
    }
    if (state.shown.gaps && active && active.gaps) {
      parts.push(el("h3", null, both(data.words.gap_places)),
        surface || state.theme !== "towns" ? el("p.unit", null, both(active.title)) : null,
        gapSizes());
    }
    legendBox.replaceChildren(...parts.filter(Boolean));
    legendBox.style.display = parts.length ? "" : "none";
    // The two cards share the right edge; the list scrolls when both do not fit.
    listBox.style.maxHeight = `${Math.max(160, map.getSize().y - legendBox.offsetHeight - 54)}px`;
  }

  let pointer;
  function hidePointer() {
    if (pointer) pointer.remove();
  }

  // Minutes under the pointer, unless it stands on something that speaks for itself.
  function point(event) {
    const surface = data.surfaces.find((one) => one.id === state.theme);
    const target = event.originalEvent.target;
    const onThing = target.closest && target.closest(".leaflet-interactive, .leaflet-control");
    const code = surface && !onThing ? cp.codeAt(surface, event.latlng) : null;
    if (code === null || code === data.codes.outside) return hidePointer();
    const minutes = { zh: `${code / data.codes.per_minute} 分钟`, en: `${code / data.codes.per_minute} min` };
    const said = code === data.codes.unreached ? data.words.unreached
      : code === data.codes.beyond ? data.words.beyond : minutes;
    pointer = pointer || L.tooltip({ direction: "right", offset: [14, 0], className: "cp-tip cp-pointer", opacity: 1 });
    pointer.setContent(cp.tip([{ zh: `${surface.verb.zh} ${said.zh}`, en: `${surface.verb.en} ${said.en}` }]));
    pointer.setLatLng(event.latlng).addTo(map);
  }

  function control(position, spec, label) {
    const box = el(spec, { "aria-label": label });
    L.DomEvent.disableClickPropagation(box).disableScrollPropagation(box);
    const Control = L.Control.extend({ onAdd: () => box });
    new Control({ position }).addTo(map);
    return box;
  }

  let home = 0; // the zoom at which everything is seen

  // Move the map to what fills the frame, between the even steps of the wheel.
  function exactly(move) {
    const snap = map.options.zoomSnap;
    map.options.zoomSnap = 0;
    move();
    map.options.zoomSnap = snap;
  }

  function fit() {
    const wide = map.getSize().x > 700;
    const right = wide ? legendBox.offsetWidth + 20 : 20;
    const padding = { paddingTopLeft: [24, 20], paddingBottomRight: [right, 26], animate: false };
    exactly(() => map.fitBounds(data.bounds, padding));
    home = map.getZoom();
  }

  // On paper: the panel beside the map, the map refitted to what the sheet leaves it. Browsers print a canvas opaque,
  // which would cover the bands, so the roads are drawn as SVG there.
  function onPaper() {
    let before = null;
    const roads = () => once("roads on paper", () => cp.roads(data, L.svg({ pane: "roads", padding: 0.3 })));
    addEventListener("beforeprint", () => {
      const isWhole = map.getZoom() <= home;
      before = { centre: map.getCenter(), zoom: map.getZoom() };
      const bounds = map.getBounds();
      document.body.classList.add("paper");
      map.invalidateSize({ animate: false, pan: false });
      if (isWhole) fit();
      else exactly(() => map.fitBounds(bounds, { animate: false }));
      if (state.shown.roads) roads().addTo(map);
    });
    addEventListener("afterprint", () => {
      document.body.classList.remove("paper");
      roads().remove();
      map.invalidateSize({ animate: false, pan: false });
      fit();
      exactly(() => map.setView(before.centre, before.zoom, { animate: false }));
    });
  }

  cp.start = function (theMap, theData, thePictures) {
    [map, data, pictures] = [theMap, theData, thePictures];
    cp.map = map;
    cp.data = data;
    cp.lang = data.lang;
    cp.state = state;
    document.documentElement.lang = data.lang === "en" ? "en" : "zh-Hans";
    document.body.prepend(cp.header(data), cp.panel(data, choose));
    cp.panes(map);
    map.attributionControl.setPrefix(false);
    map.attributionControl.addAttribution(el("span", null, ...data.attribution.flatMap((line, i) => [i ? " · " : null, line])).innerHTML);
    L.control.scale({ imperial: false, maxWidth: 140 }).addTo(map);
    listBox = control("topright", "div.cp-card.layers", cp.plain(data.words.layers));
    legendBox = control("bottomright", "div.cp-card.legend", cp.plain(data.words.legend));
    cp.land(data).addTo(map);
    state.theme = data.start.theme;
    state.rule = data.start.rule;
    for (const id of data.start.shown) state.shown[id] = true;
    map.invalidateSize({ animate: false });
    fit();
    refresh();
    cp.select(null);
    map.on("mousemove", point).on("mouseout", hidePointer);
    onPaper();
    document.body.classList.add("ready");
  };
})();
