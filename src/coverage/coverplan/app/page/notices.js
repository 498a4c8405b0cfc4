// Short notices in a corner: what went well, and what the server refused, with field and hint.
import { $, announce, el } from "./dom.js";
import { Lost, Refused } from "./api.js";
import { on } from "./store.js";
import { say, t } from "./words.js";

export function tell(text, kind = "good") {
  const note = el(`div.toast.${kind}`, null, el("span", null, text),
    el("button.shut", { type: "button", "aria-label": t("close"), onclick: () => note.remove() }, "×"));
  $("toasts").append(note);
  announce(text);
  if (kind === "good") setTimeout(() => note.remove(), 4000);
}

// One problem: where it is, what is wrong, and what would help.
export function problemLine(problem) {
  const where = say(problem.where) || problem.field, hint = say(problem.hint);
  return el("div.problem", null,
    where ? el("span.field", null, where) : null,
    el("b", null, say(problem.what)),
    hint ? el("span.hint", null, `${t("hint")}: ${hint}`) : null);
}

// Problems that stay on the screen are said anew when the language changes.
const onScreen = new Map();

export function problemList(problems) {
  for (const old of onScreen.keys()) if (!old.isConnected) onScreen.delete(old);
  const list = el("div.problems", null, problems.map(problemLine));
  onScreen.set(list, problems);
  return list;
}

on("language", () => {
  for (const [list, problems] of onScreen) list.replaceChildren(...problems.map(problemLine));
});

export function tellProblems(error) {
  if (error instanceof Lost) return;
  if (!(error instanceof Refused)) throw error;
  const note = el("div.toast.bad", { role: "alert" },
    problemList(error.problems.slice(0, 5)),
    el("button.shut", { type: "button", "aria-label": t("close"), onclick: () => note.remove() }, "×"));
  for (const old of $("toasts").querySelectorAll(".bad")) old.remove();
  $("toasts").append(note);
  setTimeout(() => note.remove(), 15_000);
}

// Run something that asks the server; what it refuses is shown. Undefined when it came to nothing.
export async function attempt(work) {
  try {
    return await work();
  } catch (error) {
    tellProblems(error);
    return undefined;
  }
}

on("connected", (connected) => {
  const bar = $("lost");
  bar.hidden = connected;
  bar.textContent = connected ? "" : t("lost_connection");
  if (connected) tell(t("back"));
});
