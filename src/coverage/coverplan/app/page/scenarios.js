// Proposals with a name: saved, opened, deleted, compared with today.
import { el } from "./dom.js";
import { api } from "./api.js";
import { desk } from "./desk.js";
import { dialog } from "./dialogs.js";
import { follow } from "./jobs.js";
import { attempt, problemList, tell } from "./notices.js";
import { store } from "./store.js";
import { language, people, say, t } from "./words.js";

const field = (label, input) => el("label.field", null, el("span", null, label), input);
const slug = (name) => name.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 40);

// As the reader's own clock shows it.
const when = (saved) => (saved ? new Date(saved).toLocaleString(language() === "en" ? "en-GB" : "zh-CN", { dateStyle: "medium", timeStyle: "short" }) : "");

function freeId(name, taken) {
  const stem = slug(name) || "plan";
  if (slug(name) && !taken.includes(stem)) return stem;
  let n = 1;
  while (taken.includes(`${stem}-${n}`)) n += 1;
  return `${stem}-${n}`;
}

function saving(list) {
  const taken = list.map((one) => one.scenario);
  const { name, scenario } = store.state;
  const called = el("input", { name: "name", required: true, maxlength: "80", value: name || "" });
  const id = el("input", { name: "id", required: true, pattern: "[a-z0-9][a-z0-9\\-]*", maxlength: "60", value: scenario || freeId(name || "", taken) });
  const note = el("input", { name: "note", maxlength: "300", value: (list.find((one) => one.scenario === scenario) || {}).note || "" });
  let typed = Boolean(scenario);
  id.addEventListener("input", () => { typed = true; });
  called.addEventListener("input", () => { if (!typed) id.value = freeId(called.value, taken); });
  return el("form.fields.saving", { id: "save-form", onsubmit: async (event) => {
    event.preventDefault();
    const done = await attempt(() => api.save(id.value, { desk_id: store.state.desk_id, name: called.value, note: note.value,
      // What somebody else saved under that id is not written over.
      replace: id.value === scenario }).then(() => true));
    if (!done) return;
    await desk.show(store.rule);
    tell(`${t("saved")}: ${called.value}`);
    manage();
  } }, el("h3", null, t("save_as")), field(t("name"), called), field(t("identifier"), id), field(t("note"), note),
  el("div.row-end", null, el("button.first", { type: "submit", id: "save", disabled: !store.state.edits.length, title: store.state.edits.length ? null : t("no_edits") }, t("save"))));
}

function saved(list, box) {
  const row = (one) => {
    const tick = el("input", { type: "checkbox", value: one.scenario, name: "compare", "aria-label": `${t("compare")}: ${one.name || one.scenario}` });
    const bin = el("button.plain.danger", { type: "button", onclick: async () => {
      if (bin.dataset.sure) {
        if (await attempt(() => api.forget(one.scenario).then(() => true))) manage();
        return;
      }
      bin.dataset.sure = "yes";
      bin.textContent = t("really_delete");
    } }, t("delete"));
    return el("li", { "data-scenario": one.scenario }, tick, el("div.what", null, el("b", null, one.name || one.scenario),
      el("span", null, `${one.scenario} · ${one.n_edits} ${t("n_edits")} · ${when(one.saved)}`), one.note ? el("span", null, one.note) : null,
      one.problems && one.problems.length ? problemList(one.problems) : null),
    el("button.second", { type: "button", onclick: async () => {
      box().close();
      await attempt(() => desk.open(one.scenario));
    } }, t("open")), bin);
  };
  return el("section.saved", null, el("h3", null, t("saved_ones")),
    list.length ? el("ul", null, list.map(row)) : el("p.empty", null, t("none_saved")),
    el("p.about", null, t("compare_hint")),
    el("div.row-end", null, el("button.second", { type: "button", onclick: async () => {
      box().close();
      await attempt(() => desk.open(null));
    } }, t("start_new")),
    el("button.first", { type: "button", id: "compare", onclick: () => {
      const ticked = [...box().querySelectorAll("input[name=compare]:checked")].map((one) => one.value);
      box().close();
      compare(ticked);
    } }, t("compare"))));
}

export async function manage() {
  const list = await attempt(api.scenarios);
  if (!list) return;
  const box = dialog(t("scenarios"), el("div.two", null, saving(list), saved(list, () => box)));
  box.classList.add("wide");
}

async function compare(scenarios) {
  const job = await follow(t("comparison"), () => api.compare({ scenarios, desks: store.state.edits.length ? [store.state.desk_id] : [] }));
  if (!job) return;
  const { columns, rows, ranking, towns, notes } = job.result;
  const differs = (row) => new Set(row.cells.map((cell) => `${say(cell.text)} ${cell.status}`)).size > 1;
  const lines = rows.map((row) => {
    const line = el(differs(row) ? "tr.differs" : "tr", { "data-rule": row.rule_id }, el("th", { scope: "row" }, say(row.name)),
      row.cells.map((cell, i) => el(i && say(cell.text) !== say(row.cells[0].text) ? "td.other" : "td", null,
        el("b", null, say(cell.text)), " ", el(`span.word.${cell.status}`, null, t(cell.status)))));
    return { line, differs: differs(row) };
  });
  const only = el("input", { type: "checkbox", checked: lines.some((one) => one.differs), onchange: () => sift() });
  const sift = () => { for (const one of lines) one.line.hidden = only.checked && !one.differs; };
  sift();
  const head = (first) => el("thead", null, el("tr", null, el("th", { scope: "col" }, first), columns.map((column) => el("th", { scope: "col" }, say(column)))));
  const box = dialog(t("comparison"),
    ranking && ranking.length ? el("div.ranking", null, el("h3", null, t("ranking")), el("ol", null, ranking.map((one) => el("li", null,
      say(one.name || one.scenario || one), one.text ? ` · ${say(one.text)}` : "", typeof one.people === "number" ? ` · ${people(one.people)}` : "")))) : null,
    el("label.check", null, only, t("only_differences")),
    el("div.scroll", null, el("table.compare", null, head(t("targets")), el("tbody", null, lines.map((one) => one.line)))),
    towns && towns.length && towns[0].cells ? el("details", null, el("summary", null, t("towns")), el("div.scroll", null, el("table.compare", null, head(t("town")), el("tbody", null,
      towns.map((town) => el("tr", null, el("th", { scope: "row" }, say(town.name)), town.cells.map((cell) => el("td", null, say(cell.text))))))))) : null,
    (notes || []).map((note) => el("p.about", null, say(note))));
  box.classList.add("wide");
}
