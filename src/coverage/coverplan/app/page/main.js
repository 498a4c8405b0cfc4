// The planner's page: asks for the study, puts the parts together, and listens to the keys that work everywhere.
import { $, announce, el, later } from "./dom.js";
import { Refused, api } from "./api.js";
import { bar } from "./bar.js";
import { board, spoken } from "./board.js";
import { chosen } from "./chosen.js";
import { desk } from "./desk.js";
import { makeMap, whole } from "./ground.js";
import { legend } from "./legend.js";
import { problemLine } from "./notices.js";
import { pointLayer } from "./points.js";
import { show, side } from "./side.js";
import { stations } from "./stations.js";
import { choose, on, store } from "./store.js";
import { shapeOf } from "./symbols.js";
import { suggest } from "./suggest.js";
import { leaveTool, tools } from "./tools.js";
import { upload } from "./upload.js";
import { verdicts } from "./verdicts.js";
import { language, setLanguage, t } from "./words.js";

function keys(event) {
  const typing = event.target.closest && event.target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select");
  if ((event.ctrlKey || event.metaKey) && !event.altKey && !typing && !document.querySelector("dialog[open]")) {
    const key = event.key.toLowerCase();
    if (key === "z") {
      event.preventDefault();
      if (event.shiftKey) desk.redo();
      else desk.undo();
    } else if (key === "y") {
      event.preventDefault();
      desk.redo();
    }
  } else if (event.key === "Escape" && !leaveTool() && !typing) choose(null);
}

// A token in the address has done its work once the page is here: it goes where nobody copies it.
function addressed() {
  const address = new URL(location.href);
  const scenario = address.searchParams.get("scenario"), wanted = address.searchParams.get("lang");
  if (wanted === "zh" || wanted === "en") setLanguage(wanted);
  if (address.search) history.replaceState(null, "", address.pathname);
  return scenario || undefined;
}

// Kinds with their symbols; places with AEDs are a kind here, though the study keeps them in a table of their own.
function known(kinds) {
  const aed = { kind: "aed", label: { zh: "AED", en: "AED" }, can_add: true, has_vehicles: false };
  return [...kinds, ...(kinds.some((one) => one.kind === "aed") ? [] : [aed])].map((one) => ({ ...one, shape: shapeOf(one) }));
}

// What one can do here, said once and gone with the first thing that is done.
function welcome() {
  if (store.state.edits.length) return;
  const hint = el("div.tool-hint", { id: "first-hint" }, t("hint_drag"));
  $("ground").append(hint);
  on("language", () => { hint.textContent = t("hint_drag"); });
  on("state tool chosen proposals", () => hint.remove());
}

async function start() {
  setLanguage(language());
  const wanted = addressed();
  $("bar").replaceChildren(el("h1", null, el("span.study", null, t("what"))));
  $("ground").append(el("p.opening", { id: "opening" }, t("opening")));
  const [study, ground] = await Promise.all([api.study(), api.ground()]);
  store.study = { ...study, kinds: known(study.kinds) };
  store.ground = ground;
  await desk.open(wanted);
  if (matchMedia("(max-width: 1100px)").matches) show("targets");
  bar();
  verdicts();
  board();
  const map = makeMap();
  pointLayer(map);
  stations(map);
  tools(map);
  suggest(map);
  legend();
  chosen();
  side(map);
  show(document.body.dataset.tab);
  upload();
  addEventListener("keydown", keys);
  const told = later(600, () => announce(spoken()));
  on("state", told);
  matchMedia("(max-width: 1100px)").addEventListener("change", (query) => {
    if (!query.matches && document.body.dataset.tab === "targets") show("gaps");
    whole(map);
  });
  whole(map);
  $("opening").remove();
  welcome();
  window.coverplan = { map, store };
  document.body.classList.add("ready");
}

start().catch((error) => {
  const problems = error instanceof Refused ? error.problems : [{ field: "", what: String(error.message || error), hint: "" }];
  $("ground").replaceChildren(el("div.cannot", { role: "alert" }, el("h2", null, t("cannot_open")), problems.map(problemLine)));
  if (!(error instanceof Refused)) throw error;
});
