// What the map shows, in one line above it: the target, how it is read, its figure, and who gains and who loses.
import { $, el, mark, option, put } from "./dom.js";
import { desk } from "./desk.js";
import { figureOf, on, ruleOf, store } from "./store.js";
import { language, people, say, t } from "./words.js";

let parts = null;

const shownRules = () => store.study.rules.filter((rule) => store.state.figures.rules.some((one) => one.rule_id === rule.rule_id));

function make() {
  const rules = el("select.rule", { id: "shown-rule", "aria-label": t("shows"), onchange: (event) => desk.show(event.target.value) });
  const reading = el("select.reading", { id: "shown-reading", "aria-label": t("reading"), onchange: (event) =>
    desk.settings({ options: { ...store.state.options, [store.rule]: event.target.value } }) });
  const figure = el("b.figure", { id: "shown-figure" });
  const was = el("span.was");
  const gained = el("b"), lost = el("b");
  const sign = el("span.sign");
  const limit = el("span.limit");
  parts = { rules, reading, figure, was, gained, lost, sign, limit };
  $("board").replaceChildren(
    el("div.which", null, rules, el("div.choices", null, reading, limit)),
    el("div.outcome", null, sign, el("div.figures", null, figure, was)),
    el("div.people", null,
      el("div.gained", null, el("i"), gained, el("span", null, t("gained"))),
      el("div.lost-people", null, el("i"), lost, el("span", null, t("lost")))));
  $("board").setAttribute("aria-label", t("shows"));
  choices();
}

function choices() {
  parts.rules.replaceChildren(...shownRules().map((rule) => option(rule.rule_id, say(rule.name), rule.rule_id === store.rule)));
  const rule = ruleOf(store.rule);
  const readings = rule ? rule.readings : [];
  const now = figureOf(store.rule).reading;
  parts.reading.replaceChildren(...readings.map((one) => option(one.name, say(one.label), one.name === now)));
  parts.reading.hidden = readings.length < 2;
}

function figures() {
  if (!parts) return;
  const now = figureOf(store.rule);
  const { gained, lost } = store.figures;
  put(parts.figure, say(now.text));
  const status = now.status || "no_data";
  if (parts.sign.dataset.status !== status) {
    parts.sign.dataset.status = status;
    parts.sign.replaceChildren(mark(status));
  }
  const differs = now.before && (say(now.before.text) !== say(now.text) || now.before.status !== now.status);
  put(parts.was, differs ? `${t("was")} ${say(now.before.text)}` : t(status));
  put(parts.limit, say(now.held));
  parts.limit.title = say(now.held);
  put(parts.gained, `${gained > 0 ? "+" : ""}${people(gained)}`);
  put(parts.lost, `${lost > 0 ? "−" : ""}${people(lost)}`);
  $("board").classList.toggle("gains", gained > 0);
  $("board").classList.toggle("loses", lost > 0);
}

export function board() {
  make();
  figures();
  on("figures", figures);
  on("state", choices);
  on("language", () => {
    make();
    figures();
  });
}

export const spoken = () => {
  const rule = ruleOf(store.rule), now = figureOf(store.rule), { gained, lost } = store.figures;
  const stop = language() === "en" ? ". " : "。";
  const parts_ = [`${say(rule.name)} ${say(now.text)} ${t(now.status || "no_data")}`];
  if (gained) parts_.push(`${t("gained")} ${people(gained)}`);
  if (lost) parts_.push(`${t("lost")} ${people(lost)}`);
  return parts_.join(stop);
};
