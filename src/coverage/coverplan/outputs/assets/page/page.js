// What stands around the map: the title bar, the verdicts, the sources. Every text is set as text, never as HTML.
(function () {
  "use strict";
  const cp = (window.coverplan = window.coverplan || {});
  const SVG = "http:" + "//www.w3.org/2000/svg";

  // el("div.card.open", {title: "..."}, child, "text", null): an element; strings become text nodes.
  cp.el = function (spec, attributes, ...children) {
    const [tag, ...classes] = spec.split(".");
    const node = document.createElement(tag || "div");
    if (classes.length) node.className = classes.join(" ");
    for (const [name, value] of Object.entries(attributes || {})) {
      if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value);
    }
    node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
    return node;
  };

  const order = () => (cp.lang === "en" ? ["en", "zh"] : ["zh", "en"]);

  // A word in both languages, the reader's first; `spec` is the element around it.
  cp.both = function (word, spec) {
    if (!word) return null;
    const said = order().filter((lang) => word[lang]);
    if (said.length === 2 && word.zh === word.en) said.pop();
    const parts = said.map((lang, i) =>
      cp.el(i ? "span.second" : "span.first", { lang: lang === "zh" ? "zh-Hans" : "en" }, word[lang]));
    return cp.el(spec || "span.both", null, parts.flatMap((part, i) => (i ? [" ", part] : [part])));
  };

  cp.plain = function (word) {
    return cp.lang === "en" ? `${word.en} ${word.zh}` : `${word.zh} ${word.en}`;
  };

  const MARKS = {
    met: "M4 8.5 7 11.5 12.2 5",
    not_met: "M5 5 11 11M11 5 5 11",
    measured: "M4 6.3h8M4 9.7h8",
    no_data: "M6 6.2a2 2 0 1 1 2.9 1.9c-.6.3-.9.6-.9 1.4M8 11.6v.2",
  };

  cp.mark = function (status) {
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", "0 0 16 16");
    svg.setAttribute("class", `mark ${status}`);
    svg.setAttribute("aria-hidden", "true");
    const disc = document.createElementNS(SVG, "circle");
    for (const [name, value] of [["cx", 8], ["cy", 8], ["r", 7.5]]) disc.setAttribute(name, value);
    const stroke = document.createElementNS(SVG, "path");
    stroke.setAttribute("d", MARKS[status] || MARKS.no_data);
    svg.append(disc, stroke);
    return svg;
  };

  cp.header = function (data, speak) {
    const { el, both } = cp;
    const fact = (word, value) => el("div.fact", null, both(word), el("b", null, String(value)));
    const other = data.words.other_language[cp.lang];
    return el("header.bar", null,
      el("div.names", null,
        el("h1", null, both(data.name, "span.name"), both(data.words.title, "span.what"))),
      el("div.facts", null,
        data.notice ? el("div.notice", { role: "note", title: cp.plain(data.notice) }, both(data.words.illustrative)) : null,
        fact(data.words.year, data.year),
        fact(data.words.date, data.date),
        el("button.language", { type: "button", lang: cp.lang === "en" ? "zh-Hans" : "en", onclick: speak }, other)));
  };

  // Counts of the four statuses; pressing one shows only its rules.
  function counts(data, filter) {
    const { el, both, mark } = cp;
    return el("div.counts", null, Object.entries(data.statuses).map(([status, word]) => {
      const n = data.verdicts.filter((verdict) => verdict.status === status).length;
      return n ? el("button.count", { type: "button", "data-status": status, "aria-pressed": "false", onclick: () => filter(status) },
        mark(status), el("b", null, String(n)), both(word)) : null;
    }));
  }

  function readings(data, verdict) {
    const { el, both, mark } = cp;
    const rows = verdict.readings.map((reading, i) =>
      el(i ? "div.reading" : "div.reading.default", null, mark(reading.status),
        el("span.how", null, both(reading.label), i ? null : both(data.words.default, "em.both")),
        el("b", null, reading.figure)));
    return el("div.readings", null, el("h3", null, both(data.words.readings)), rows);
  }

  function details(data, verdict) {
    const { el, both } = cp;
    return el("div.details", null,
      order().map((lang, i) => el(i ? "p.statement.second" : "p.statement", { lang }, verdict.statement[lang])),
      el("blockquote", { lang: "zh-Hans" }, verdict.quote),
      el("p.clause", null, both(verdict.clause)),
      readings(data, verdict),
      verdict.quality === "official" ? null
        : el("p.quality", null, both(data.qualities[verdict.quality])));
  }

  // The same rule in every state of a page with several: what it comes out as in each.
  function series(verdict) {
    const { el, mark } = cp;
    const states = cp.page.states;
    if (!states) return null;
    return el("span.series", null, states.map((state, i) => {
      const one = (state.verdicts || cp.page.verdicts).find((other) => other.id === verdict.id);
      return one ? el(i === cp.at ? "span.state.now" : "span.state", null, cp.both(state.label),
        mark(one.status), el("b", { "data-state": String(i), "data-figure": String(one.figure) }, one.figure_text)) : null;
    }));
  }

  function worst(data, verdict, go) {
    const { el, both } = cp;
    const rows = data.gaps[verdict.id] ? data.gaps[verdict.id].rows.slice(0, 10) : [];
    return rows.length ? el("div.worst", null, el("h3", null, both(data.words.worst)), el("ol", null, rows.map((row) =>
      el("li", { value: String(row.rank) }, el("button.go", { type: "button", title: cp.plain(data.words.zoom_to), onclick: () => go(verdict.id, row) },
        both(row.lines[0]), " ", el("b", null, row.people ? row.people.toLocaleString("en") : ""), " ",
        el("span.second", null, both(data.causes[row.cause]))))))) : null;
  }

  function card(data, verdict, choose, go) {
    const { el, both, mark } = cp;
    const show = (what, label, count) => el("button.show", {
      type: "button", onclick: (event) => { event.stopPropagation(); choose(verdict.id, what); },
    }, both(label), count ? el("b", null, count) : null);
    const buttons = [
      verdict.surface ? show("surface", data.words.surface) : null,
      verdict.towns ? show("towns", data.words.towns) : null,
      verdict.gaps ? show("gaps", data.words.gaps, String(verdict.gaps)) : null,
    ].filter(Boolean);
    const head = el("button.head", {
      type: "button", "aria-expanded": "false", onclick: () => choose(verdict.id, null),
    },
      mark(verdict.status),
      el("span.title", null, both(verdict.title)),
      el("span.result", null,
        el("b.figure", { "data-rule": verdict.id, "data-figure": String(verdict.figure) }, verdict.figure_text),
        both(data.statuses[verdict.status], `span.both.word.${verdict.status}`)),
      el("span.limit", null, both(verdict.limit_text)),
      series(verdict));
    const node = el(`article.verdict.${verdict.status}`, { "data-rule": verdict.id }, head);
    // Many rules, each with much to say: what a card holds is made when it is opened.
    node.open = () => {
      if (node.childElementCount > 1) return;
      node.append(details(data, verdict));
      const list = worst(data, verdict, go);
      if (list) node.append(list);
      if (buttons.length) node.append(el("div.buttons", null, buttons));
    };
    return node;
  }

  const MANY = 12;

  // The rules, under the headings of their systems where there are many.
  function rules(data, choose, go) {
    const { el, both } = cp;
    const cards = data.verdicts.map((verdict) => card(data, verdict, choose, go));
    if (cards.length <= MANY) return el("div.verdicts", null, cards);
    const of = (id) => data.systems.find((system) => system.id === id) || { id, title: { zh: id, en: id } };
    const ids = [...new Set(data.verdicts.map((verdict) => verdict.system))];
    return el("div.verdicts", null, ids.map((id) => {
      const mine = cards.filter((_, i) => data.verdicts[i].system === id);
      return el("details.system", { open: "" }, el("summary", null, both(of(id).title), el("span.note", null, String(mine.length))), mine);
    }));
  }

  function sources(data) {
    const { el, both } = cp;
    return el("details.sources", null, el("summary", null, both(data.words.sources)),
      el("ul", null, data.sources.map((source) =>
        el("li", null, both(source.table, "b.both"), el("span", null, source.text)))),
      el("p", null, data.made_by));
  }

  cp.panel = function (data, choose, go) {
    const { el, both } = cp;
    let wanted = null;
    const find = el("input.find", { type: "search", placeholder: cp.plain(data.words.find_rule), "aria-label": cp.plain(data.words.find_rule), oninput: sift });
    const body = el("div.body", null, counts(data, (status) => { wanted = wanted === status ? null : status; sift(); }),
      data.verdicts.length > MANY ? find : null, rules(data, choose, go), sources(data));
    function sift() {
      const query = find.value.trim().toLowerCase();
      for (const node of body.querySelectorAll("article.verdict")) {
        const fits = (!wanted || node.classList.contains(wanted)) && (!query || node.textContent.toLowerCase().includes(query) || node.dataset.rule.toLowerCase().includes(query));
        node.classList.toggle("sifted", !fits);
      }
      for (const node of body.querySelectorAll("details.system")) node.classList.toggle("sifted", !node.querySelector("article:not(.sifted)"));
      for (const node of body.querySelectorAll(".count")) node.setAttribute("aria-pressed", String(node.dataset.status === wanted));
    }
    const panel = el("aside.panel", { "aria-label": cp.plain(data.words.verdicts) });
    const fold = el("button.fold", {
      type: "button", title: cp.plain(data.words.fold), "aria-label": cp.plain(data.words.fold),
      "aria-expanded": String(!document.body.classList.contains("folded")), onclick: () => {
        const shut = document.body.classList.toggle("folded");
        fold.setAttribute("aria-expanded", String(!shut));
        cp.map.invalidateSize({ pan: false });
      },
    });
    panel.append(el("div.top", null, el("h2", null, both(data.words.verdicts)), fold), body);
    return panel;
  };

  cp.select = function (ruleId) {
    for (const node of document.querySelectorAll("article.verdict")) {
      const chosen = node.dataset.rule === ruleId;
      if (chosen) node.open();
      node.classList.toggle("chosen", chosen);
      node.querySelector(".head").setAttribute("aria-expanded", String(chosen));
    }
  };
})();
