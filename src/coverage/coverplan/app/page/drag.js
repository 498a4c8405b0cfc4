// While something moves: one question at a time, always about the newest position, and only the newest answer is shown.
import { Lost, Refused, api } from "./api.js";
import { $ } from "./dom.js";
import { emit, store } from "./store.js";
import { say } from "./words.js";

let seq = 0, shown = 0, asking = false;
let wanted = null;  // the newest position that nobody has asked about
let open = false;   // whether anything is moving
let moves = [];     // when the pointer moved, for those moves that are not on the screen yet

// After the next frame is painted: how long each move took from the hand to the screen, for the benchmark and the curious.
function painted(until) {
  requestAnimationFrame(() => setTimeout(() => {
    const now = performance.now();
    for (const one of moves.filter((move) => move.seq <= until)) {
      performance.measure("coverplan-drag", { start: one.at, end: now });
    }
    moves = moves.filter((move) => move.seq > until);
  }));
}

async function ask() {
  asking = true;
  $("board").setAttribute("aria-busy", "true");
  const given = wanted;
  wanted = null;
  try {
    const answer = await api.drag(store.state.desk_id, given);
    if (open && answer.seq > shown) {
      shown = answer.seq;
      store.figures = answer.figures;
      store.moving = { ...given, answer, refused: null };
      emit("figures");
      emit("moving");
      painted(answer.seq);
    }
  } catch (error) {
    if (!(error instanceof Lost) && !(error instanceof Refused)) throw error;
    if (open && error instanceof Refused) {
      store.moving = { ...given, answer: null, refused: say(error.problems[0].what) };
      emit("moving");
    }
  } finally {
    asking = false;
  }
  if (wanted && open) ask();
  else $("board").setAttribute("aria-busy", "false");
}

// Something is at a place now: {facility_id, kind, at, vehicles}; `event` is the movement of the hand or key that put it there.
export function follow(what, event) {
  open = true;
  seq += 1;
  moves.push({ seq, at: event ? event.timeStamp : performance.now() });
  if (moves.length > 500) moves.shift();
  wanted = { facility_id: null, kind: null, vehicles: null, ...what, rule: store.rule, seq };
  if (!asking) ask();
}

// Nothing moves any more. What is on the screen goes back to the state unless a change comes and replaces it.
export function rest(keep) {
  open = false;
  wanted = null;
  shown = seq;
  moves = [];
  store.moving = null;
  emit("moving");
  if (!keep && store.figures !== store.state.figures) {
    store.figures = store.state.figures;
    emit("figures");
  }
}
