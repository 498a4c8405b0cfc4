// The user's own working copy on the server: every change goes there, one after the other, and comes back as a whole state.
import { Lost, Refused, api, back } from "./api.js";
import { later } from "./dom.js";
import { attempt, tellProblems } from "./notices.js";
import { emit, on, store } from "./store.js";

const KEPT = "coverplan-desk";
let line = Promise.resolve();

function inTurn(work) {
  const next = line.then(work);
  line = next.catch(() => null);
  return next;
}

function take(state) {
  store.state = state;
  store.figures = state.figures;
  store.rule = state.figures.shown;
  if (store.chosen && !state.facilities.some((one) => one.facility_id === store.chosen)) {
    store.chosen = null;
    emit("chosen");
  }
  sessionStorage.setItem(KEPT, state.desk_id);
  emit("state");
  emit("figures");
  workOut();
  return state;
}

// Every rule in full takes longer than the quick view: asked for when the hand rests, and only the newest counts.
let asking = false, again = false;
async function verdicts() {
  if (store.moving) {
    workOut();
    return;
  }
  if (asking) {
    again = true;
    return;
  }
  asking = true;
  again = false;
  emit("working", true);
  const { desk_id: desk, revision } = store.state;
  try {
    const answer = await api.verdicts(desk);
    if (store.state.desk_id === desk && store.state.revision === revision && answer.rules) {
      store.verdicts = answer;
      emit("verdicts");
    } else again = store.state.revision !== revision;
  } catch (error) {
    if (!(error instanceof Refused && error.status === 404)) tellProblems(error);
  } finally {
    asking = false;
    emit("working", again);
  }
  if (again) workOut();
}
const workOut = later(400, verdicts);

// A desk that the server no longer has (it was restarted, or the desk lay idle) is set up again from what this page knows.
async function setUpAgain(state) {
  let fresh = await api.openDesk({}, store.rule);
  const { year, period, options, name } = state;
  fresh = await api.settings(fresh.desk_id, { year, period, options, ...(name ? { name } : {}) }, store.rule);
  const edits = state.edits.map((one) => one.edit);
  return edits.length ? api.edit(fresh.desk_id, edits, store.rule) : fresh;
}

// What somebody did while the server was away is done when it is back.
async function patiently(work) {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Lost)) throw error;
    await back();
    return work();
  }
}

function change(ask, patient) {
  return inTurn(() => (patient ? patiently(() => changed(ask)) : changed(ask)));
}

async function changed(ask) {
  try {
    return take(await ask(store.state.desk_id));
  } catch (error) {
    if (error instanceof Refused && error.status === 404 && await gone()) {
      take(await setUpAgain(store.state));
      return take(await ask(store.state.desk_id));
    }
    // Whatever the map shows beyond the state goes back to it.
    if (!(error instanceof Lost)) {
      store.figures = store.state.figures;
      emit("state");
      emit("figures");
    }
    throw error;
  }
}

async function gone() {
  try {
    await api.state(store.state.desk_id, store.rule);
    return false;
  } catch (error) {
    return error instanceof Refused && error.status === 404;
  }
}

const safely = (ask, patient) => attempt(() => change(ask, patient));

export const desk = {
  // Open the desk that this window had, or a new one, or a saved scenario's.
  async open(scenario) {
    const kept = sessionStorage.getItem(KEPT);
    if (scenario === undefined && kept) {
      try {
        return take(await api.state(kept, store.rule));
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
      }
    }
    return take(await api.openDesk(scenario ? { scenario } : {}, store.rule));
  },
  edit: (edits) => safely((id) => api.edit(id, edits, store.rule), true),
  takeOut: (index) => safely((id) => api.takeOut(id, index, store.rule)),
  undo: () => (store.state.can_undo ? safely((id) => api.turn(id, "undo", store.rule)) : undefined),
  redo: () => (store.state.can_redo ? safely((id) => api.turn(id, "redo", store.rule)) : undefined),
  reset: () => safely((id) => api.turn(id, "reset", store.rule)),
  settings: (given) => safely((id) => api.settings(id, given, store.rule)),
  show: (rule) => safely((id) => api.state(id, rule)),
  // Throws what the server refuses: the caller shows it as an import report.
  upload: async (file) => {
    const answer = await inTurn(() => api.upload(store.state.desk_id, file, store.rule));
    take(answer.state);
    return answer;
  },
};

on("connected", (connected) => {
  if (connected && store.state) safely((id) => api.state(id, store.rule));
});
