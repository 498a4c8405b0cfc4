// Pages of several states: a slider of years, a row of scenarios, or two sides with a line to drag between them.
(function () {
  "use strict";
  const cp = window.coverplan;
  const { el, both } = cp;

  // What several states share is told once and named by number; see outputs/maps/states.py.
  cp.unpool = function (data) {
    if (!data.pool) return data;
    const whole = (value) => (value && typeof value === "object" && "$" in value ? data.pool[value.$]
      : Array.isArray(value) ? value.map(whole)
        : value && typeof value === "object" ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, whole(one)])) : value);
    return { ...data, states: data.states.map((one) => whole(one)), pool: null };
  };

  let timer = null;
  function stop() {
    clearInterval(timer);
    timer = null;
  }

  function slider(box, turn) {
    const { states, words } = cp.page;
    const range = el("input.years", { type: "range", min: "0", max: String(states.length - 1), step: "1", value: String(cp.at), list: "cp-years",
      "aria-label": cp.plain(words.year), "aria-valuetext": states[cp.at].label.zh, oninput: (event) => turn(Number(event.target.value)) });
    const play = el("button.play", { type: "button", "aria-pressed": String(Boolean(timer)), title: cp.plain(words.play), onclick: () => {
      if (timer) stop();
      else timer = setInterval(() => turn((cp.at + 1) % states.length), 1600);
      turn(cp.at);
    } }, timer ? "❚❚" : "▶");
    return [play, el("div.scale", null, range, el("div.ticks", null, states.map((one, i) => el(i === cp.at ? "span.tick.now" : "span.tick", null, both(one.label)))))];
  }

  function buttons(box, turn) {
    return cp.page.states.map((one, i) => el("button.state", { type: "button", "aria-pressed": String(i === cp.at), onclick: () => turn(i) }, both(one.label)));
  }

  cp.states = {
    draw(box, turn) {
      const { states, mode } = cp.page;
      box.className = `states ${mode || "none"}`;
      if (!states) return;
      const focus = box.contains(document.activeElement) ? document.activeElement.className : null;
      const at = focus ? [...box.querySelectorAll("button, input")].indexOf(document.activeElement) : -1;
      const parts = mode === "slider" ? slider(box, turn) : mode === "swipe"
        ? [el("span.side", null, both(states[0].label)), el("span.hint", null, both(cp.page.words.swipe)), el("span.side", null, both(states[1].label))]
        : buttons(box, turn);
      // While the slider is dragged it must stay the same element.
      const range = box.querySelector("input.years");
      if (mode === "slider" && range && document.activeElement === range) {
        parts[1].replaceChild(range, parts[1].firstChild);
        range.setAttribute("aria-valuetext", states[cp.at].label.zh);
      }
      box.replaceChildren(...parts);
      if (at >= 0) [...box.querySelectorAll("button, input")][at].focus();
    },
  };

  let share = 0.5;
  cp.swipeAt = () => share * cp.map.getSize().x;

  // Cut both sides at a line that a hand or the arrow keys move.
  cp.swipe = function (map, sides, states) {
    const handle = el("div.cp-swipe", { role: "slider", tabindex: "0", "aria-orientation": "horizontal", "aria-valuemin": "0", "aria-valuemax": "100",
      "aria-label": cp.plain(cp.page.words.swipe) }, el("span.grip", { "aria-hidden": "true" }, "◂ ▸"),
    el("span.flag.left", null, both(states[0].label)), el("span.flag.right", null, both(states[1].label)));
    map.getContainer().append(handle);
    L.DomEvent.disableClickPropagation(handle);
    function cut() {
      const { x: width, y: height } = map.getSize();
      const line = share * width;
      const corner = (x, y) => map.containerPointToLayerPoint([x, y]);
      sides.forEach((side, i) => {
        const [from, to] = i ? [line, width + 200] : [-200, line];
        const a = corner(from, -200), b = corner(to, height + 200);
        for (const pane of side.frames) pane.style.clipPath = `polygon(${a.x}px ${a.y}px, ${b.x}px ${a.y}px, ${b.x}px ${b.y}px, ${a.x}px ${b.y}px)`;
      });
      handle.style.left = `${line}px`;
      handle.setAttribute("aria-valuenow", String(Math.round(100 * share)));
    }
    function move(to) {
      share = Math.min(1, Math.max(0, to));
      cut();
    }
    handle.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      handle.focus();
      handle.setPointerCapture(event.pointerId);
      map.dragging.disable();
    });
    handle.addEventListener("pointermove", (event) => {
      if (handle.hasPointerCapture(event.pointerId)) move((event.clientX - map.getContainer().getBoundingClientRect().left) / map.getSize().x);
    });
    handle.addEventListener("pointerup", () => map.dragging.enable());
    handle.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -0.02, ArrowRight: 0.02, Home: -1, End: 1 }[event.key];
      if (!step) return;
      event.preventDefault();
      event.stopPropagation();
      move(share + step);
    });
    map.on("move zoom resize zoomend moveend viewreset", cut);
    cut();
  };
})();
