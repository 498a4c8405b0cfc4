// Brings the page to life: one theme and one rule at a time, one state or two sides, the words under the pointer.
(function () {
  "use strict";
  const cp = window.coverplan;
  const { el, both } = cp;

  // What is shown: `theme` is the id of a theme or "none"; `rule` is the rule that towns, points and gaps speak of.
  const state = { theme: "none", rule: null, open: null, shown: {}, tiles: "", tileKey: "", tileFault: false };
  const base = {};
  let page, map, legendBox, listBox, list, sides, stateBox;

  const put = (layer, wanted) => (wanted ? layer.addTo(map) : layer.remove());

  // What one side shows: layers are made when they are first wanted, and kept.
  function show(side) {
    const wanted = new Set();
    const { data } = side;
    const want = (key, make) => {
      if (!side.made[key]) side.made[key] = make();
      wanted.add(key);
    };
    const picture = [...data.surfaces, ...data.catchments].find((one) => one.id === state.theme);
    const rings = data.isochrones.find((one) => one.id === state.theme);
    const system = data.town_systems.find((one) => one.id === state.theme);
    const groups = data.catchments.find((one) => one.towns);
    if (picture) want(`picture ${picture.id}`, () => cp.picture(side, picture));
    if (rings) want(rings.id, () => cp.isochrones(side, rings));
    if (system) want(system.id, () => cp.towns(side, system.rows));
    if (state.theme === "towns" && data.towns[state.rule]) want(`towns ${state.rule}`, () => cp.towns(side, data.towns[state.rule].rows));
    if (state.theme === "communities" && groups) want("communities", () => cp.communities(side, groups));
    if (state.theme === "points" && data.points) want(`points ${state.rule}`, () => new cp.PointCloud(side, state.rule));
    for (const one of data.radii) {
      if (state.shown[`${one.id} circles`]) want(`${one.id} circles`, () => cp.circles(side, one));
      if (state.shown[`${one.id} road`]) want(`${one.id} road`, () => cp.byRoad(side, one));
    }
    if (state.shown.gaps && data.gaps[state.rule]) want(`gaps ${state.rule}`, () => cp.gaps(side, state.rule));
    for (const layer of data.facilities) if (state.shown[layer.id]) want(`facilities ${layer.id}`, () => cp.facilities(side, layer));
    for (const [key, layer] of Object.entries(side.made)) put(layer, wanted.has(key));
  }

  function showBase() {
    const { data } = cp;
    const want = (key, wanted, make) => {
      if (wanted && !base[key]) base[key] = make();
      if (base[key]) put(base[key], wanted);
    };
    const source = data.tiles.find((one) => one.id === state.tiles);
    const key = source ? `tiles ${source.id} ${source.key ? state.tileKey : ""}` : null;
    for (const name of Object.keys(base)) if (name.startsWith("tiles ") && name !== key) base[name].remove();
    if (source && (!source.key || state.tileKey)) {
      want(key, true, () => cp.tiles(source, state.tileKey, () => {
        if (!state.tileFault) { state.tileFault = true; list.draw(cp.data); }
      }));
    }
    want("land", !source, () => cp.land(data));
    want("water", state.shown.water && !source, () => cp.water(data));
    for (const one of data.zones) if (!one.water) want(`zones ${one.kind}`, Boolean(state.shown[`zones ${one.kind}`]), () => cp.zones(one));
    want("roads", state.shown.roads, () => cp.roads(data, L.canvas({ pane: "roads", padding: 0.3 })));
    want("outlines", state.shown.outlines, () => cp.outlines(data));
    want("names", state.shown.names, () => cp.names(data));
  }

  function refresh() {
    showBase();
    sides.forEach(show);
    hidePointer();
    list.draw(cp.data);
    cp.legend(legendBox, cp.data, state, rule());
    fitCards();
    cp.select(state.open);
  }

  // The two cards share the right edge; the list scrolls when both do not fit.
  function fitCards() {
    const legend = legendBox.style.display === "none" ? 0 : legendBox.offsetHeight;
    listBox.style.maxHeight = `${Math.max(170, map.getSize().y - legend - 60)}px`;
  }

  // A card of the verdict panel was pressed; `what` says which of its maps is wanted, null means the fitting one.
  function choose(ruleId, what) {
    if (ruleId === state.rule && what === null) {
      state.open = state.open === ruleId ? null : ruleId;
      cp.select(state.open);
      return;
    }
    state.open = ruleId;
    const verdict = cp.data.verdicts.find((one) => one.id === ruleId);
    state.rule = ruleId;
    if (what === "gaps") state.shown.gaps = true;
    else if (what === "surface" || (what === null && verdict.surface)) state.theme = verdict.surface;
    else if (verdict.towns) state.theme = "towns";
    else if (state.theme === "towns") state.theme = "none";
    refresh();
  }

  // A gap of the ranked list was pressed: there, with its words.
  function go(ruleId, gap) {
    state.rule = ruleId;
    state.shown.gaps = true;
    refresh();
    map.setView(gap.at, Math.max(13, map.getZoom()), { animate: false });
    if (gap.spot) gap.spot.openTooltip(gap.at);
  }

  const rule = () => cp.data.verdicts.find((verdict) => verdict.id === state.rule);

  let pointer;
  function hidePointer() {
    if (pointer) pointer.remove();
  }

  function timeAt(data, grid, latlng) {
    const code = cp.codeAt(grid, latlng);
    if (code === null || code === data.codes.outside) return null;
    const minutes = code / data.codes.per_minute;
    const said = code === data.codes.unreached ? data.words.unreached
      : code === data.codes.beyond ? data.words.beyond : { zh: `${minutes} 分钟`, en: `${minutes} min` };
    const people = cp.peopleOn(data, grid);
    const here = people ? Math.round(people[cp.cellAt(grid, latlng)]) : 0;
    const lines = [{ zh: `${grid.verb.zh} ${said.zh}`, en: `${grid.verb.en} ${said.en}` }];
    if (here) lines.push({ zh: `${data.words.here.zh} ${here.toLocaleString("en")} 人`, en: `${here.toLocaleString("en")} people in ${data.words.here.en}` });
    return lines;
  }

  function hubAt(data, grid, latlng) {
    const code = cp.codeAt(grid, latlng);
    if (code === null || code === data.codes.outside) return null;
    if (code === data.codes.unreached) return [data.words.unreached];
    const hub = grid.hubs[code];
    return [hub.name, hub.people];
  }

  function pointAt(side, where) {
    const { data } = side;
    const cloud = side.made[`points ${state.rule}`];
    const found = cloud && cloud._map ? cloud.at(where) : null;
    if (!found) return null;
    const people = Math.round(found.people).toLocaleString("en");
    const lines = [{ zh: `居民点 ${people} 人`, en: `demand point, ${people} people` }];
    if (found.code === null) return lines;
    const { field } = cloud;
    const value = `${found.code / field.per_unit}`;
    const said = found.code === data.codes.point_unreached ? data.words.unreached
      : found.code === data.codes.point_beyond ? { zh: `> ${253 / field.per_unit} ${field.unit.zh}`, en: `> ${253 / field.per_unit} ${field.unit.en}` }
        : { zh: `≤ ${value} ${field.unit.zh}`, en: `≤ ${value} ${field.unit.en}` };
    return [...lines, said];
  }

  // What stands under the pointer, unless it stands on something that speaks for itself.
  function point(event) {
    const target = event.originalEvent.target;
    const onThing = target.closest && target.closest(".leaflet-interactive, .leaflet-control");
    const side = sides.length > 1 && event.containerPoint.x > cp.swipeAt() ? sides[1] : sides[0];
    const { data } = side;
    const surface = data.surfaces.find((one) => one.id === state.theme);
    const grid = data.catchments.find((one) => one.id === state.theme);
    const lines = onThing ? null : surface ? timeAt(data, surface, event.latlng)
      : grid ? hubAt(data, grid, event.latlng) : state.theme === "points" ? pointAt(side, event.containerPoint) : null;
    if (!lines) return hidePointer();
    pointer = pointer || L.tooltip({ direction: "right", offset: [14, 0], className: "cp-tip cp-pointer", opacity: 1 });
    pointer.setContent(cp.tip(lines));
    pointer.setLatLng(event.latlng).addTo(map);
  }

  function control(position, spec, label) {
    const box = el(spec, { "aria-label": label, role: "group" });
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
    const right = wide ? Math.max(legendBox.offsetWidth, 214) + 20 : 20;
    const padding = { paddingTopLeft: [wide ? 56 : 24, 20 + stateBox.offsetHeight], paddingBottomRight: [right, 26], animate: false };
    exactly(() => map.fitBounds(cp.data.bounds, padding));
    home = map.getZoom();
  }

  // The bar and the panel, again after a change of language or state.
  function frame() {
    for (const node of document.querySelectorAll("body > header.bar, body > aside.panel")) node.remove();
    document.documentElement.lang = cp.lang === "en" ? "en" : "zh-Hans";
    document.body.prepend(cp.header(cp.data, speak), cp.panel(cp.data, choose, go));
    document.querySelector(".cp-north b").textContent = cp.data.words.north[cp.lang];
  }

  function speak() {
    cp.lang = cp.lang === "en" ? "zh" : "en";
    if (base.names) { base.names.remove(); delete base.names; }
    frame();
    cp.states.draw(stateBox, cp.turn);
    refresh();
    document.querySelector("button.language").focus();
  }

  // Show another state: another year, another scenario.
  cp.turn = function (index) {
    cp.at = index;
    cp.data = cp.page.states ? { ...page, ...page.states[index] } : page;
    if (page.mode !== "swipe") {
      for (const layer of Object.values(sides[0].made)) layer.remove();
      const kept = sides[0].kept;
      sides[0].made = kept[index] || (kept[index] = {});
      sides[0].data = cp.data;
    }
    const scrolled = document.querySelector(".panel .body");
    const top = scrolled ? scrolled.scrollTop : 0;
    frame();
    document.querySelector(".panel .body").scrollTop = top;
    cp.states.draw(stateBox, cp.turn);
    refresh();
  };

  function newSide(suffix, data) {
    return { ...cp.side(map, suffix), data, made: {}, kept: {} };
  }

  cp.start = function (theMap, theData) {
    map = theMap;
    page = cp.unpool(theData);
    cp.map = map;
    cp.page = page;
    cp.lang = page.lang;
    cp.state = state;
    cp.at = 0;
    const of = (i) => (page.states ? { ...page, ...page.states[i] } : page);
    const all = (page.states || [page]).map((_, i) => of(i));
    if (matchMedia("(max-width: 1100px)").matches) document.body.classList.add("folded");
    cp.basePanes(map);
    map.attributionControl.setPrefix(false);
    map.attributionControl.addAttribution(el("span", null, ...all[0].attribution.flatMap((line, i) => [i ? " · " : null, line])).innerHTML);
    stateBox = el("div.states");
    document.body.append(stateBox);
    L.control.scale({ imperial: false, maxWidth: 140 }).addTo(map);
    const north = control("topleft", "div.cp-north", cp.plain(page.words.north));
    north.innerHTML = '<svg viewBox="0 0 20 28" width="20" height="28" aria-hidden="true"><path d="M10 1 18 26 10 20.5 2 26z" fill="#17222e"/><path d="M10 1v19.5L2 26z" fill="#fff" stroke="#17222e" stroke-width="1"/></svg><b></b>';
    listBox = control("topright", "div.cp-card.layers", cp.plain(page.words.layers));
    legendBox = control("bottomright", "div.cp-card.legend", cp.plain(page.words.legend));
    list = cp.list(listBox, state, () => { state.tileFault = false; refresh(); });
    if (matchMedia("(max-width: 1100px)").matches) list.fold(true);
    sides = page.mode === "swipe" ? [newSide("-left", of(0)), newSide("-right", of(1))] : [newSide("-map", of(0))];
    sides[0].kept[0] = sides[0].made;
    state.theme = all[0].start.theme;
    state.rule = all[0].start.rule;
    for (const id of all.flatMap((one) => one.start.shown)) state.shown[id] = true;
    // A swipe speaks of the state on its right, what is proposed.
    cp.turn(page.mode === "swipe" ? 1 : page.first || 0);
    map.invalidateSize({ animate: false });
    fit();
    if (page.mode === "swipe") cp.swipe(map, sides, page.states);
    fitCards();
    // From afar the second name of a town would only hide the map.
    const near = () => map.getContainer().classList.toggle("far", map.getZoom() < 12);
    near();
    map.on("zoomend", near).on("mousemove click", point).on("mouseout", hidePointer).on("resize", fitCards);
    cp.paper({ map, state, fit, exactly, isWhole: () => map.getZoom() <= home, legend: () => cp.legend(legendBox, cp.data, state, rule()), sides });
    document.body.classList.add("ready");
  };
})();
