// "Suggest the best k sites here": asked for, followed while it is worked out, shown with its bound and gap, accepted or not.
import { $, el, fill, icon, option } from "./dom.js";
import { api } from "./api.js";
import { desk } from "./desk.js";
import { dialog } from "./dialogs.js";
import { follow } from "./jobs.js";
import { fit, latLng, whole } from "./ground.js";
import { addEdit } from "./tools.js";
import { emit, kindOf, on, store } from "./store.js";
import { nameOf, people, say, t } from "./words.js";

const field = (label, input) => el("label.field", null, el("span", null, label), input);
let map = null;

export function askForSites() {
  const asked = new Set(store.study.rules.flatMap((one) => (store.state.figures.rules.some((figure) => figure.rule_id === one.rule_id) ? one.touched_by : [])));
  const kinds = store.study.kinds.filter((one) => one.can_add && asked.has(one.kind));
  const kind = el("select", { name: "kind" }, kinds.map((one) => option(one.kind, say(one.label), one.kind === "ems_station")));
  const k = el("input", { name: "k", type: "number", min: "1", max: "30", value: "3", required: true });
  const rule = el("select", { name: "rule" });
  const rules = () => {
    const quick = store.study.rules.filter((one) => store.state.figures.rules.some((figure) => figure.rule_id === one.rule_id));
    const fitting = quick.filter((one) => one.touched_by.includes(kind.value));
    const list = fitting.length ? fitting : quick;
    rule.replaceChildren(...list.map((one) => option(one.rule_id, say(one.name), one.rule_id === store.rule)));
  };
  kind.addEventListener("change", rules);
  rules();
  const areas = store.ground.areas.features.map((one) => one.properties);
  const area = el("select", { name: "area" }, option("", t("everywhere"), true), areas.map((one) => option(one.area_id, nameOf(one), false)));
  const seconds = el("input", { name: "seconds", type: "number", min: "1", max: "120", value: "20", required: true });
  const box = dialog(t("suggest_title"), el("form.fields", { onsubmit: (event) => {
    event.preventDefault();
    box.close();
    search({ kind: kind.value, k: Number(k.value), rule: rule.value, reading: null, area: area.value || null, seconds: Number(seconds.value) });
  } }, field(t("kind"), kind), field(t("how_many"), k), field(t("for_rule"), rule), field(t("where"), area), field(t("seconds"), seconds),
  el("div.row-end", null, el("button.first", { type: "submit" }, t("start")))));
}

async function search(given) {
  const job = await follow(t("suggest_title"), () => api.suggest(store.state.desk_id, given));
  if (!job) return;
  store.proposals = { ...job.result, chosen: 0, kind: given.kind, stopped: job.stopped || job.result.stopped };
  emit("proposals");
  const sites = store.proposals.plans.flatMap((plan) => plan.sites.map((site) => latLng(site.at)));
  const card = $("proposals").getBoundingClientRect(), ground = map.getContainer().getBoundingClientRect();
  const below = card.left <= ground.left;
  // What the card covers is kept free, at the side or at the bottom.
  const free = below ? [24, Math.max(0, ground.bottom - card.top) + 24] : [ground.right - card.left + 24, 50];
  if (sites.length) fit(map, L.latLngBounds(sites).pad(0.1), { maxZoom: 12.5, paddingBottomRight: free });
}

// Another of the plans: its sites stand on the map and in the list, and would be accepted.
function pick(chosen) {
  const { plans } = store.proposals;
  store.proposals = { ...store.proposals, chosen, sites: plans[chosen].sites, people: plans[chosen].people };
  emit("proposals");
  $("proposals").querySelector(".plans input:checked").focus();
}

function plans({ plans: all, chosen }) {
  if (all.length < 2) return null;
  return el("fieldset.plans", null, el("legend", null, t("plans")), all.map((plan, i) => el("label.plan", null,
    el("input", { type: "radio", name: "plan", value: String(i), checked: i === chosen, onchange: () => pick(i) }),
    el("span", null, el("b", null, `${t("plan")} ${i + 1} · +${people(plan.people)}`), el("span.differs", null, say(plan.says))))));
}

function drop() {
  store.proposals = null;
  emit("proposals");
  whole(map);
}

async function accept() {
  const { sites, kind } = store.proposals;
  const edits = sites.map((site) => addEdit(site.kind || kind, site.at, { name: site.name, name_en: site.label.en }));
  const state = await desk.edit(edits);
  if (state) drop();
}

function write() {
  let card = $("proposals");
  const found = store.proposals;
  if (!found) {
    if (card) card.remove();
    return;
  }
  if (!card) $("ground").append(card = el("section.proposals.cp-card", { id: "proposals" }));
  const usual = new Set(found.plans[0].sites.map((site) => site.name));
  const gap = typeof found.gap === "number" ? `${t("gap")} ${(100 * found.gap).toFixed(1)}%` : "";
  card.setAttribute("aria-label", t("suggest_title"));
  fill(card,
    el("h3", null, `${t("suggest_title")} · ${say(kindOf(found.kind).label)}`),
    plans(found),
    el("ol.sites", null, found.sites.map((site) => el(usual.has(site.name) ? "li" : "li.other", null, el("span", null, say(site.label)), el("b", null, `+${people(site.gained)}`)))),
    el("p.total", null, `${t("together")} `, el("b", null, people(found.people)), typeof found.bound === "number" ? ` · ${t("bound")} ${people(found.bound)}` : "", gap ? ` · ${gap}` : ""),
    found.stopped ? el("p.stopped", null, t("stopped")) : null,
    found.why ? el("p.why", null, say(found.why)) : null,
    el("div.row-end", null, el("button.second", { type: "button", onclick: drop }, t("discard")),
      el("button.first", { type: "button", id: "accept", disabled: !found.sites.length, onclick: accept }, icon("plus"), t("accept"))));
}

export function suggest(on_map) {
  map = on_map;
  on("proposals", () => {
    write();
    if (store.proposals) $("accept").focus({ preventScroll: true });
  });
  on("language", write);
}
