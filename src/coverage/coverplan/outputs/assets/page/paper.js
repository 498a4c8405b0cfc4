// On paper: the panel beside the map, the map refitted to what the sheet leaves it, every symbol in the legend.
(function () {
  "use strict";
  const cp = window.coverplan;
  const { el, both } = cp;

  const FIRST = ["not_met", "met", "measured", "no_data"];

  // The sheet takes as many rules as fit whole, the chosen one and those not met before the others; the rest is counted.
  function trim(ruleId) {
    const body = document.querySelector(".panel .body");
    const cards = [...body.querySelectorAll("article.verdict")];
    const rank = (card) => (card.dataset.rule === ruleId ? -1 : FIRST.findIndex((status) => card.classList.contains(status)));
    for (const node of body.querySelectorAll("article.verdict, details.system")) node.classList.add("off-sheet");
    const list = body.querySelector(".verdicts");
    const room = body.getBoundingClientRect().bottom - body.querySelector(".sources-line").offsetHeight - 26;
    let over = 0;
    for (const card of cards.map((card, i) => [rank(card), i, card]).sort((a, b) => a[0] - b[0] || a[1] - b[1]).map((one) => one[2])) {
      const group = card.closest("details.system");
      const hidden = group && group.classList.contains("off-sheet");
      if (over < 3) {
        card.classList.remove("off-sheet");
        if (hidden) group.classList.remove("off-sheet");
        if (list.getBoundingClientRect().bottom <= room) continue;
        card.classList.add("off-sheet");
        if (hidden) group.classList.add("off-sheet");
      }
      over += 1;
    }
    if (over) list.append(el("p.off", null, `+ ${over} `, both(cp.data.words.not_on_sheet)));
  }

  function untrim() {
    for (const node of document.querySelectorAll(".off-sheet")) node.classList.remove("off-sheet");
    for (const node of document.querySelectorAll("p.off, .sources-line")) node.remove();
  }

  // Browsers print a canvas opaque, which would cover what lies beneath, so roads are drawn as SVG there, and points as a picture.
  cp.paper = function ({ map, state, fit, exactly, isWhole, legend, sides }) {
    let before = null, roads = null, folded = false, pictures = [];
    addEventListener("beforeprint", () => {
      const whole = isWhole();
      before = { centre: map.getCenter(), zoom: map.getZoom() };
      const bounds = map.getBounds();
      folded = document.body.classList.contains("folded");
      document.body.classList.remove("folded");
      document.body.classList.add("paper");
      legend();
      const said = cp.data.sources.map((one) => `${one.table[cp.lang]}: ${one.text}`).join("; ");
      document.querySelector(".panel .body").append(el("p.sources-line", null, both(cp.data.words.sources), " ", said));
      trim(state.rule);
      map.invalidateSize({ animate: false, pan: false });
      if (whole) fit();
      else exactly(() => map.fitBounds(bounds, { animate: false }));
      if (state.shown.roads) roads = (roads || cp.roads(cp.data, L.svg({ pane: "roads", padding: 0.3 }))).addTo(map);
      for (const canvas of document.querySelectorAll("canvas.cp-points")) {
        const picture = new Image(canvas.width, canvas.height);
        picture.src = canvas.toDataURL();
        picture.style.cssText = canvas.style.cssText;
        picture.className = "cp-points-printed";
        canvas.after(picture);
        pictures.push(picture);
      }
    });
    addEventListener("afterprint", () => {
      document.body.classList.remove("paper");
      document.body.classList.toggle("folded", folded);
      untrim();
      if (roads) roads.remove();
      for (const picture of pictures) picture.remove();
      pictures = [];
      legend();
      map.invalidateSize({ animate: false, pan: false });
      fit();
      exactly(() => map.setView(before.centre, before.zoom, { animate: false }));
    });
  };
})();
