// The list of layers: in groups that fold, found by a word, walked by arrow keys; usable with thirty layers and more.
(function () {
  "use strict";
  const cp = window.coverplan;
  const { el, both } = cp;

  // How many are shown, and of how many when not all are.
  function ofTotal({ rows, total }) {
    return rows.length < total ? `${rows.length} / ${total}` : String(total);
  }

  function sign(symbol) {
    const box = el("span.sign");
    box.innerHTML = cp.symbol(symbol); // one of our own symbols, never text from a table
    return box;
  }

  cp.list = function (box, state, changed) {
    const shut = new Set(["planned", "other"]);
    let query = "", folded = false;

    function row(type, name, id, checked, label, change, symbol, note) {
      const input = el("input", { type, name, "data-id": id, onchange: change });
      input.checked = checked;
      return el("label.row", null, input, symbol || el("span.sign"), el("span.label", null, both(label), note ? el("span.note", null, note) : null));
    }

    const theme = (id, label) => row("radio", "theme", `theme ${id}`, state.theme === id, label, () => { state.theme = id; changed(); });
    const toggle = (id, label, symbol, note) => row("checkbox", id, `show ${id}`, Boolean(state.shown[id]), label, (event) => {
      state.shown[id] = event.target.checked;
      changed();
    }, symbol, note);

    function group(id, title, rows, head) {
      const kept = rows.filter(Boolean);
      if (!kept.length) return null;
      const node = el("details.group", { "data-group": id }, el("summary", null, head || null, both(title)), el("div.rows", null, kept));
      node.open = !shut.has(id);
      node.addEventListener("toggle", () => {
        if (query) return;
        if (node.open) shut.delete(id);
        else shut.add(id);
      });
      return node;
    }

    // All kinds of a group of facilities at once; half a tick when some of them are shown.
    function all(title, layers) {
      const on = layers.filter((layer) => state.shown[layer.id]).length;
      const input = el("input", { type: "checkbox", "data-id": `all ${layers[0].group}`, "aria-label": cp.plain(title), onclick: (event) => {
        event.stopPropagation();
        for (const layer of layers) state.shown[layer.id] = event.target.checked;
        changed();
      } });
      input.checked = on === layers.length;
      input.indeterminate = on > 0 && on < layers.length;
      return input;
    }

    function facilities(data) {
      return Object.entries(data.groups).map(([id, title]) => {
        const layers = data.facilities.filter((layer) => layer.group === id);
        if (!layers.length) return null;
        if (layers.length === 1) return toggle(layers[0].id, layers[0].title, sign(layers[0].symbol), ofTotal(layers[0]));
        return group(id, title, layers.map((layer) => toggle(layer.id, layer.title, sign(layer.symbol), ofTotal(layer))), all(title, layers));
      });
    }

    function online(data) {
      const choose = (id, label) => row("radio", "tiles", `tiles ${id}`, (state.tiles || "") === id, label, () => { state.tiles = id; changed(); });
      const chosen = data.tiles.find((one) => one.id === state.tiles);
      const key = chosen && chosen.key ? el("input.key", { type: "text", "data-id": "tile key", placeholder: cp.plain(data.words.tile_key), "aria-label": cp.plain(data.words.tile_key),
        value: state.tileKey || "", onchange: (event) => { state.tileKey = event.target.value.trim(); changed(); } }) : null;
      return group("online", data.words.online, [choose("", data.words.offline), ...data.tiles.map((one) => choose(one.id, one.title)), key,
        state.tileFault ? el("p.fault", { role: "status" }, both(data.words.no_tiles)) : null]);
    }

    function groups(data) {
      const { words } = data;
      const active = data.verdicts.find((verdict) => verdict.id === state.rule);
      const circle = el("span.sign.circle"), road = el("span.sign.byroad");
      return [
        group("times", words.times, [
          ...data.surfaces.map((one) => theme(one.id, one.title)),
          ...data.isochrones.map((one) => theme(one.id, one.title)),
          data.points ? theme("points", words.resident_points) : null,
        ]),
        group("belonging", words.belonging, data.catchments.flatMap((one) => [
          one.towns ? theme("communities", words.community_theme) : null, theme(one.id, one.title)])),
        group("town_group", words.town_group, [
          active && active.towns ? theme("towns", words.town_theme) : null,
          ...data.town_systems.map((one) => theme(one.id, one.title)),
        ]),
        theme("none", words.none),
        group("radius", words.radius, data.radii.flatMap((one) => [
          el("p.over", null, both(one.title)),
          toggle(`${one.id} circles`, words.circles, circle.cloneNode()), toggle(`${one.id} road`, words.by_road, road.cloneNode())])),
        group("places", words.places, [
          active && data.gaps[active.id] ? toggle("gaps", words.gap_places, el("span.sign.gap"), ofTotal(data.gaps[active.id])) : null,
          ...facilities(data)]),
        group("base", words.base, [
          data.roads.length ? toggle("roads", words.roads, el("span.sign.road")) : null,
          data.zones.some((one) => one.water) ? toggle("water", words.water, el("span.sign.water")) : null,
          ...data.zones.filter((one) => !one.water).map((one) => toggle(`zones ${one.kind}`, one.title, el("span.sign.outline"), String(one.rows.length))),
          data.areas.length ? toggle("outlines", words.outlines, el("span.sign.outline")) : null,
          data.areas.length ? toggle("names", words.names, el("span.sign.text", null, "镇")) : null,
          online(data)]),
      ].filter(Boolean);
    }

    function sift() {
      const word = query.toLowerCase();
      for (const one of box.querySelectorAll("label.row")) one.classList.toggle("sifted", Boolean(word) && !one.textContent.toLowerCase().includes(word));
      for (const one of [...box.querySelectorAll("details.group")].reverse()) {
        const fits = !word || Boolean(one.querySelector("label.row:not(.sifted)"));
        one.classList.toggle("sifted", !fits);
        if (word) one.open = fits;
        else one.open = !shut.has(one.dataset.group);
      }
    }

    function walk(event) {
      if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
      // Arrow keys move; space and Enter choose. Browsers would let arrows choose among radio buttons, too fast to read.
      const stops = [...box.querySelectorAll("input, summary")].filter((one) => one.offsetParent && !one.closest(".sifted"));
      const at = stops.indexOf(document.activeElement);
      const next = stops[at + (event.key === "ArrowDown" ? 1 : -1)];
      if (at < 0 || !next) return;
      event.preventDefault();
      next.focus();
    }
    box.addEventListener("keydown", walk);

    function draw(data) {
      const focus = document.activeElement && box.contains(document.activeElement) ? document.activeElement.dataset.id : null;
      const body = box.querySelector(".groups");
      const scrolled = body ? body.scrollTop : 0;
      const { words } = data;
      const fold = el("button.fold-list", { type: "button", "aria-expanded": String(!folded), "data-id": "fold list", title: cp.plain(words.fold), onclick: () => { folded = !folded; draw(data); } }, both(words.layers));
      const find = el("input.find", { type: "search", "data-id": "find layer", placeholder: cp.plain(words.find_layer), "aria-label": cp.plain(words.find_layer), value: query, oninput: () => { query = find.value.trim(); sift(); } });
      const list = el("div.groups", null, groups(data));
      box.replaceChildren(fold, ...(folded ? [] : [find, list]));
      box.classList.toggle("shut", folded);
      list.scrollTop = scrolled;
      if (query) sift();
      const again = focus && [...box.querySelectorAll("[data-id]")].find((one) => one.dataset.id === focus);
      if (again) again.focus();
    }

    return { draw, fold: (wanted) => { folded = wanted; } };
  };
})();
