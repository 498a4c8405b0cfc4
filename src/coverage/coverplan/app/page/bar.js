// The bar at the top: which study and proposal, year and period, undo and redo, proposals, export, language, the notice.
import { $, el, fill, icon, option, put } from "./dom.js";
import { api } from "./api.js";
import { desk } from "./desk.js";
import { dialog, menu } from "./dialogs.js";
import { follow } from "./jobs.js";
import { manage } from "./scenarios.js";
import { emit, on, store } from "./store.js";
import { language, say, setLanguage, t } from "./words.js";

const EXPORTS = ["map", "workbook", "document", "layers", "scenario"];
let parts = null;

function download({ file, name }) {
  const link = el("a", { href: file, download: name });
  document.body.append(link);
  link.click();
  link.remove();
}

async function exported(what) {
  const job = await follow(`${t("export")} · ${t(`export_${what}`)}`, () => api.export(store.state.desk_id, { what, language: language() }));
  if (job) download(job.result);
}

function sources() {
  const { notices, sources: list } = store.study;
  dialog(t("sources"),
    notices.length ? el("ul.notices", null, notices.map((one) => el("li", null, say(one)))) : null,
    el("ul.sources", null, list.map((one) => el("li", null, say(one)))));
}

function years() {
  const [first, last] = store.study.years;
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

function make() {
  const { study, state } = store;
  const other = language() === "en" ? { zh: study.title.zh } : { en: study.title.en };
  const year = el("select", { id: "year", "aria-label": t("year"), onchange: () => desk.settings({ year: Number(year.value) }) },
    years().map((one) => option(String(one), String(one), one === state.year)));
  const period = el("select", { id: "period", "aria-label": t("period"), onchange: () => desk.settings({ period: period.value || null }) },
    option("", t("whole_day"), !state.period), study.periods.map((one) => option(one.name, say(one.label), one.name === state.period)));
  const undo = el("button.icon-button", { type: "button", id: "undo", title: `${t("undo")} (Ctrl+Z)`, "aria-label": t("undo"), onclick: desk.undo }, icon("undo"));
  const redo = el("button.icon-button", { type: "button", id: "redo", title: `${t("redo")} (Ctrl+Shift+Z)`, "aria-label": t("redo"), onclick: desk.redo }, icon("redo"));
  const name = el("span.first"), n = el("span.second");
  parts = { year, period, undo, redo, name, n };
  fill($("bar"),
    el("h1", null, el("span.study", null, say(study.title), el("span.what", null, t("what"))), el("span.second", null, other.zh || other.en || "")),
    el("div.proposal", null, name, n),
    el("div.controls", null,
      study.illustrative || study.notices.length ? el("button.notice", { type: "button", id: "notice", title: t("sources"), onclick: sources }, study.illustrative ? t("illustrative") : t("sources"))
        : el("button.plain", { type: "button", id: "notice", onclick: sources }, t("sources")),
      el("label.choice", null, el("span", null, t("year")), year),
      study.periods.length ? el("label.choice", null, el("span", null, t("period")), period) : null,
      el("div.pair", null, undo, redo),
      el("button.menu", { type: "button", id: "scenarios", onclick: manage }, t("scenario")),
      menu([t("export"), icon("down")], "export", () => EXPORTS.map((what) => [t(`export_${what}`), () => exported(what), { "data-export": what }])),
      el("button.language", { type: "button", id: "language", lang: language() === "en" ? "zh-Hans" : "en", onclick: () => {
        setLanguage(language() === "en" ? "zh" : "en");
        emit("language");
        $("language").focus();
      } }, t("other_language"))));
  document.title = `${say(study.title)} · ${t("what")}`;
  write();
}

function write() {
  const { state } = store;
  parts.undo.disabled = !state.can_undo;
  parts.redo.disabled = !state.can_redo;
  parts.year.value = String(state.year);
  parts.period.value = state.period || "";
  put(parts.name, say(state.name) || (state.edits.length ? t("unnamed") : t("untouched")));
  put(parts.n, state.edits.length ? `${state.edits.length} ${t("n_edits")}` : "");
}

export function bar() {
  make();
  on("state", write);
  on("language", make);
}
