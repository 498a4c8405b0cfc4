// The server: one function per request; errors with field and hint; a lost connection is noticed, told, and recovered from.
import { emit } from "./store.js";

export class Refused extends Error {
  constructor(status, problems) {
    super(problems.map((one) => (typeof one.what === "object" ? one.what.en : one.what)).join("; "));
    this.status = status;
    this.problems = problems;
  }
}

export class Lost extends Error {}

let connected = true;

async function listen() {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 1500));
    try {
      const answer = await fetch("/api/health", { cache: "no-store" });
      if (answer.ok) break;
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
  }
  connected = true;
  emit("connected", true);
}

// Resolves at once, or when the server answers again.
export const back = async () => {
  while (!connected) await new Promise((resolve) => setTimeout(resolve, 200));
};

function lose() {
  if (!connected) return;
  connected = false;
  emit("connected", false);
  listen();
}

async function ask(method, path, body) {
  const options = { method, headers: { Accept: "application/json" }, credentials: "same-origin", cache: "no-store" };
  if (body instanceof FormData) options.body = body;
  else if (method !== "GET") {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body || {});
  }
  let answer;
  try {
    answer = await fetch(path, options);
  } catch (error) {
    lose();
    throw new Lost(error.message);
  }
  if (answer.status === 204) return null;
  const data = await answer.json().catch(() => null);
  if (answer.ok && data !== null) return data;
  throw new Refused(answer.status, (data && data.problems) || [{ field: "", what: `HTTP ${answer.status}`, hint: "" }]);
}

const desk = (id) => `/api/desks/${encodeURIComponent(id)}`;
const shown = (rule) => (rule ? `?rule=${encodeURIComponent(rule)}` : "");

export const api = {
  study: () => ask("GET", "/api/study"),
  ground: () => ask("GET", "/api/ground"),
  openDesk: (given, rule) => ask("POST", `/api/desks${shown(rule)}`, given),
  state: (id, rule) => ask("GET", desk(id) + shown(rule)),
  edit: (id, edits, rule) => ask("POST", `${desk(id)}/edits${shown(rule)}`, { edits }),
  takeOut: (id, index, rule) => ask("DELETE", `${desk(id)}/edits/${index}${shown(rule)}`),
  turn: (id, what, rule) => ask("POST", `${desk(id)}/${what}${shown(rule)}`),
  settings: (id, given, rule) => ask("PUT", `${desk(id)}/settings${shown(rule)}`, given),
  drag: (id, given) => ask("POST", `${desk(id)}/drag`, given),
  verdicts: (id) => ask("GET", `${desk(id)}/verdicts`),
  upload: (id, file, rule) => {
    const form = new FormData();
    form.append("file", file);
    return ask("POST", `${desk(id)}/sites${shown(rule)}`, form);
  },
  suggest: (id, given) => ask("POST", `${desk(id)}/suggest`, given),
  export: (id, given) => ask("POST", `${desk(id)}/export`, given),
  job: (id) => ask("GET", `/api/jobs/${encodeURIComponent(id)}`),
  cancel: (id) => ask("DELETE", `/api/jobs/${encodeURIComponent(id)}`),
  scenarios: () => ask("GET", "/api/scenarios"),
  save: (id, given) => ask("PUT", `/api/scenarios/${encodeURIComponent(id)}`, given),
  forget: (id) => ask("DELETE", `/api/scenarios/${encodeURIComponent(id)}`),
  compare: (given) => ask("POST", "/api/compare", given),
};
