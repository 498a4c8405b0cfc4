// The legend: says what the theme and the places on the map mean, and nothing that is not shown.
(function () {
  "use strict";
  const cp = window.coverplan;
  const { el, both } = cp;

  function swatch(colour, label, kind) {
    const box = el(colour ? `span.swatch${kind ? `.${kind}` : ""}` : "span.swatch.hatched");
    if (colour) box.style.background = colour;
    return el("div.step", null, box, typeof label === "string" ? el("span", null, label) : both(label));
  }

  function ramp(bands, limit) {
    return el("div.ramp", null, bands.map((band) => {
      const node = swatch(band.colour, band.label);
      if (band.limit) node.append(el("span.tick", null, both(limit)));
      return node;
    }));
  }

  // The largest of 1, 2, 5, 10, 20, 50 ... that is not more than a number.
  function round(value) {
    const power = 10 ** Math.floor(Math.log10(value));
    return power * [5, 2, 1].find((step) => step * power <= value);
  }

  function sizes(data, rule) {
    const most = cp.mostPeople(rule.id);
    const samples = [...new Set([most / 25, most / 5, most].map((people) => round(Math.max(1, people))))];
    return el("div.sizes", null, samples.map((people) => {
      const disc = el("i");
      disc.style.width = disc.style.height = `${2 * cp.radius(people, most)}px`;
      return el("span.size", null, disc, people.toLocaleString("en"));
    }), both(data.words.people));
  }

  const head = (title, unit) => [el("h3", null, both(title)), unit ? el("p.unit", null, both(unit)) : null];

  function hubs(data, one) {
    if (one.hubs.length > 8) return [];
    return [el("div.ramp", null, one.hubs.map((hub, i) => el("div.step", null, swatch((one.hub_colours || [])[i] || hub.colour, hub.name), el("span.note", null, hub.people[cp.lang]))))];
  }

  function points(data, rule) {
    const field = cp.fieldOf(data, rule && rule.id);
    const unit = rule && field ? { zh: `${rule.title.zh}，限值 ${field.limit_text.zh}`, en: `${rule.title.en}, limit ${field.limit_text.en}` } : null;
    if (!field) return [...head(data.words.resident_points), el("div.ramp", null, swatch(cp.POINTS[0], data.words.people, "dot"))];
    const line = (colour, word, people) => el("div.step", null, swatch(colour, word, "dot"), people ? el("span.note", null, people[cp.lang]) : null);
    return [...head(data.words.resident_points, unit), el("div.ramp", null,
      line(cp.POINTS[1], data.words.within, field.within), line(cp.POINTS[2], data.words.outside, field.outside),
      line(cp.POINTS[3], data.words.unreached, null))];
  }

  function theme(data, state, rule) {
    const { words } = data;
    const banded = [...data.surfaces, ...data.isochrones].find((one) => one.id === state.theme);
    if (banded) return [...head(banded.title, banded.unit), ramp(banded.bands, data.words.limit)];
    const grid = data.catchments.find((one) => one.id === state.theme);
    if (grid) return [...head(grid.title, words.catchment_unit), ...hubs(data, grid)];
    const steps = () => el("div.ramp", null, data.steps.map((step) => swatch(step.colour, step.label)), swatch("#d6d9dd", words.nothing));
    if (state.theme === "towns" && rule && rule.towns) return [...head(rule.title, data.towns[rule.id].unit), steps()];
    const system = data.town_systems.find((one) => one.id === state.theme);
    if (system) return [...head(system.title, words.town_share), steps()];
    const groups = data.catchments.find((one) => one.towns);
    if (state.theme === "communities" && groups) {
      const differing = groups.towns.filter((town) => town.differs).length;
      return [...head(words.community_theme, words.community_unit), ...hubs(data, groups),
        el("div.step", null, el("span.swatch.striped"), both(words.differs), el("b.note", null, String(differing)))];
    }
    return state.theme === "points" && data.points ? points(data, rule) : [];
  }

  function radius(data, state) {
    return data.radii.flatMap((one) => {
      const lines = [["circles", data.words.circles], ["road", data.words.by_road]].filter(([name]) => state.shown[`${one.id} ${name}`]);
      return lines.length ? [...head(one.title), ...lines.map(([name, word]) => el("div.step", null, el(`span.swatch.${name}`), both(word)))] : [];
    });
  }

  function symbols(data, state) {
    const shown = data.facilities.filter((layer) => state.shown[layer.id]);
    return shown.length ? [el("h3.on-paper", null, both(data.words.places)), el("div.symbols.on-paper", null, shown.map((layer) => {
      const sign = el("span.sign");
      sign.innerHTML = cp.symbol(layer.symbol); // our own, never text from a table
      return el("span.symbol", null, sign, both(layer.title));
    }))] : [];
  }

  cp.legend = function (box, data, state, rule) {
    const parts = [...theme(data, state, rule), ...radius(data, state)];
    if (state.shown.gaps && rule && data.gaps[rule.id]) {
      const { rows } = data.gaps[rule.id];
      const cut = rows.some((row) => row.cause === "not_connected" || row.cause === "off_network");
      parts.push(...head(data.words.gap_places, rule.title), rows.some((row) => row.people) ? sizes(data, rule) : null,
        cut ? el("div.step", null, el("span.swatch.ring"), both(data.words.reached_by_no_road)) : null);
    }
    parts.push(...symbols(data, state));
    box.replaceChildren(...parts.filter(Boolean));
    box.style.display = parts.length ? "" : "none";
  };
})();
