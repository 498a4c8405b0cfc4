// What the page knows, and who wants to hear when it changes.
export const store = {
  study: null,      // GET /api/study
  ground: null,     // GET /api/ground
  state: null,      // the desk as the server last told it
  figures: null,    // what is on the screen: of the state, or of a drag that goes on
  verdicts: null,   // every rule in full, once it is there
  rule: null,       // which rule the map shows
  chosen: null,     // facility_id
  tool: { name: "select" },
  proposals: null,  // suggested sites that nobody has accepted yet
  moving: null,     // {facility_id | kind, at} while something is dragged
};

const listeners = new Map();

// Names: state, figures, verdicts, language, chosen, tool, proposals, moving.
export function on(names, work) {
  for (const name of names.split(" ")) listeners.set(name, [...(listeners.get(name) || []), work]);
}

export function emit(name, value) {
  for (const work of listeners.get(name) || []) work(value);
}

export function choose(facilityId) {
  if (store.chosen === facilityId) return;
  store.chosen = facilityId;
  emit("chosen");
}

export function useTool(tool) {
  store.tool = tool;
  emit("tool");
}

export const kindOf = (kind) => store.study.kinds.find((one) => one.kind === kind) || { kind, label: { zh: kind, en: kind }, shape: "" };
export const ruleOf = (ruleId) => store.study.rules.find((one) => one.rule_id === ruleId);
export const facilityOf = (id) => store.state.facilities.find((one) => one.facility_id === id);

// The quick figures of a rule, else what the full assessment last said.
export function figureOf(ruleId) {
  const quick = store.figures && store.figures.rules.find((one) => one.rule_id === ruleId);
  const full = store.verdicts && store.verdicts.rules.find((one) => one.rule_id === ruleId);
  return { ...(full || {}), ...(quick || {}), quick: Boolean(quick), known: Boolean(quick || full) };
}
