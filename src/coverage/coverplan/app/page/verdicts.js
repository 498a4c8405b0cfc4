// Every target of the plan by system: what it comes out as, what it was before, its quotation and its ways to be read.
import { $, el, mark, put } from "./dom.js";
import { desk } from "./desk.js";
import { figureOf, kindOf, on, ruleOf, store } from "./store.js";
import { say, t } from "./words.js";

const cards = new Map();
let wanted = null, touched = false, query = "";
let list, counts, busy, empty;

const STATUSES = ["met", "not_met", "measured", "no_data"];

const changed = (now) => Boolean(now.known && now.before && (say(now.before.text) !== say(now.text) || now.before.status !== now.status));

// The kinds of facilities that this proposal changes, and what is just being moved.
function kindsTouched() {
  const kinds = new Set(store.state.facilities.filter((one) => one.status === "new" || one.status === "moved" || one.status === "closed"
    || one.base_vehicles !== undefined && one.base_vehicles !== null).map((one) => one.kind));
  for (const { edit } of store.state.edits) {
    if (edit.devices) kinds.add("aed");
    for (const one of [edit.open, edit.post]) if (one && one.kind) kinds.add(one.kind);
  }
  if (store.moving) kinds.add(store.moving.kind || (store.state.facilities.find((one) => one.facility_id === store.moving.facility_id) || {}).kind);
  return kinds;
}

function card(rule) {
  const id = rule.rule_id;
  const sign = el("span.sign"), figure = el("b.figure"), word = el("span.word"), was = el("span.was"), limit = el("span.limit");
  const head = el("button.head", { type: "button", "aria-expanded": "false", onclick: () => unfold(id) },
    sign, el("span.title", null, say(rule.name)), el("span.result", null, figure, word), limit, was);
  const node = el("article.verdict", { "data-rule": id }, head);
  cards.set(id, { node, head, sign, figure, word, was, limit, rule });
  return node;
}

function readings(rule, now) {
  if (rule.readings.length < 2) return null;
  const full = (store.verdicts && store.verdicts.rules.find((one) => one.rule_id === rule.rule_id)) || {};
  return el("fieldset.readings", null, el("legend", null, t("readings")), rule.readings.map((reading) => {
    const outcome = (full.readings || []).find((one) => one.name === reading.name);
    return el("label.reading", null,
      el("input", { type: "radio", name: `reading-${rule.rule_id}`, value: reading.name, checked: reading.name === now.reading,
        onchange: () => desk.settings({ options: { ...store.state.options, [rule.rule_id]: reading.name } }) }),
      el("span", null, say(reading.label)), el("b", null, outcome ? say(outcome.text) : ""));
  }));
}

// Where a target that the map cannot show falls short, and what would close it.
function shortfalls(rule, now) {
  const found = now.quick || !store.verdicts ? [] : (store.verdicts.gaps || []).filter((one) => one.rule_id === rule.rule_id).slice(0, 6);
  return found.length ? el("ul.shortfalls", null, found.map((one) => el("li", null, el("b", null, say(one.name)), ` ${say(one.closes) || say(one.cause)}`))) : null;
}

function details({ rule }) {
  const now = figureOf(rule.rule_id);
  return el("div.details", null,
    now.statement ? el("p.statement", null, say(now.statement)) : null,
    rule.quotation ? el("blockquote", { lang: "zh-Hans" }, rule.quotation) : null,
    el("p.clause", null, say(rule.clause) || [say(rule.document), say(rule.section)].filter(Boolean).join(" · ")),
    readings(rule, now),
    shortfalls(rule, now),
    rule.touched_by.length ? el("p.kinds", null, rule.touched_by.slice(0, 6).map((kind) => say(kindOf(kind).label)).join(" · ")) : null,
    now.quick ? el("button.show", { type: "button", disabled: store.rule === rule.rule_id, onclick: () => desk.show(rule.rule_id) },
      store.rule === rule.rule_id ? t("shown_on_map") : t("show_on_map")) : null);
}

function unfold(id) {
  for (const one of cards.values()) {
    const open = one.rule.rule_id === id && !one.node.classList.contains("chosen");
    one.node.classList.toggle("chosen", open);
    one.head.setAttribute("aria-expanded", String(open));
    const old = one.node.querySelector(".details");
    if (old) old.remove();
    if (open) one.node.append(details(one));
  }
}

function refresh() {
  const open = list.querySelector(".verdict.chosen");
  if (!open) return;
  const one = cards.get(open.dataset.rule);
  const focus = document.activeElement, had = open.contains(focus) && focus !== one.head ? [focus.tagName, focus.value, focus.className] : null;
  open.querySelector(".details").replaceWith(details(one));
  if (had) {
    const again = [...open.querySelectorAll("input, button.show")].find((node) => node.tagName === had[0] && node.value === had[1] && node.className === had[2]);
    if (again) again.focus();
  }
}

function write() {
  const tally = Object.fromEntries(STATUSES.map((status) => [status, 0]));
  for (const [id, one] of cards) {
    const now = figureOf(id);
    const status = now.known ? now.status : "waiting";
    if (now.known) tally[status] += 1;
    put(one.figure, now.known ? say(now.text) : "…");
    put(one.word, now.known ? t(status) : "");
    put(one.limit, say(now.held || one.rule.held));
    if (one.status !== status) {
      one.sign.replaceChildren(mark(status));
      one.status = status;
      one.word.className = `word ${status}`;
    }
    one.figure.dataset.figure = String(now.figure);
    const differs = changed(now);
    one.node.classList.toggle("changed", differs);
    const before = differs ? `${t("was")} ${say(now.before.text)}${now.before.status === now.status ? "" : ` · ${t(now.before.status)}`}` : "";
    put(one.was, before);
    one.node.classList.toggle("shown", id === store.rule);
  }
  for (const button of counts.querySelectorAll("button[data-status]")) {
    put(button.querySelector("b"), String(tally[button.dataset.status]));
    button.hidden = !tally[button.dataset.status];
  }
  sift();
}

function sift() {
  const kinds = touched ? kindsTouched() : null;
  let any = false;
  for (const [id, one] of cards) {
    const now = figureOf(id);
    const fits = (!wanted || one.status === wanted)
      && (!query || `${id} ${say(one.rule.name)} ${one.rule.quotation}`.toLowerCase().includes(query))
      && (!kinds || changed(now) || one.rule.touched_by.some((kind) => kinds.has(kind)));
    if (one.node.hidden === fits) one.node.hidden = !fits;
    any = any || fits;
  }
  for (const system of list.querySelectorAll("details.system")) {
    const none = !system.querySelector("article:not([hidden])");
    if (system.hidden !== none) system.hidden = none;
  }
  empty.hidden = any;
}

function press(button, on_) {
  button.setAttribute("aria-pressed", String(on_));
}

function make() {
  cards.clear();
  counts = el("div.counts", null, STATUSES.map((status) => el("button.count", { type: "button", "data-status": status, "aria-pressed": String(wanted === status),
    onclick: () => {
      wanted = wanted === status ? null : status;
      for (const other of counts.querySelectorAll("button[data-status]")) press(other, other.dataset.status === wanted);
      sift();
    } }, mark(status), el("b"), el("span", null, t(status)))));
  const mine = el("button.chip", { type: "button", id: "touched", "aria-pressed": String(touched), onclick: () => {
    touched = !touched;
    press(mine, touched);
    sift();
  } }, t("touched"));
  const find = el("input.find", { type: "search", placeholder: t("find_rule"), "aria-label": t("find_rule"), value: query, oninput: () => {
    query = find.value.trim().toLowerCase();
    sift();
  } });
  busy = el("p.busy", { hidden: Boolean(store.verdicts) }, t("working"));
  empty = el("p.empty", { hidden: true }, t("nothing_fits"));
  const systems = new Map();
  for (const rule of store.study.rules) {
    const title = say(rule.system);
    systems.set(title, [...(systems.get(title) || []), card(rule)]);
  }
  list = el("div.verdicts", null, [...systems].map(([title, nodes]) =>
    el("details.system", { open: true }, el("summary", null, title, el("span.note", null, String(nodes.length))), nodes)));
  $("targets").replaceChildren(
    el("div.top", null, el("h2", null, t("targets")), mine),
    counts, find, el("div.body", null, busy, list, empty));
  $("targets").setAttribute("aria-label", t("targets"));
}

export function verdicts() {
  make();
  write();
  on("figures", write);
  on("verdicts", () => {
    busy.hidden = true;
    write();
    refresh();
  });
  on("working", (working) => $("targets").classList.toggle("working", working));
  on("state", refresh);
  on("language", () => {
    const open = list.querySelector(".verdict.chosen");
    make();
    write();
    if (open && ruleOf(open.dataset.rule)) unfold(open.dataset.rule);
  });
}
