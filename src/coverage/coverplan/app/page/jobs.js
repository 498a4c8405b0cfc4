// Work that takes longer than a moment: how far it is, the best so far with its bound, and a way to stop it.
import { $, announce, el, put } from "./dom.js";
import { Lost, Refused, api } from "./api.js";
import { problemList, tellProblems } from "./notices.js";
import { say, t } from "./words.js";

const rest = (wait) => new Promise((resolve) => setTimeout(resolve, wait));
const figure = (n) => (typeof n === "number" ? n.toLocaleString("en", { maximumFractionDigits: 1 }) : say(n));

function row(title) {
  const bar = el("progress", { max: "1" });
  const message = el("p.message", null, t("started"));
  const best = el("p.best");
  const stop = el("button.second", { type: "button" }, t("cancel"));
  const shut = el("button.shut", { type: "button", "aria-label": t("close"), onclick: () => node.remove() }, "×");
  const node = el("section.job", { "aria-label": title }, el("div.head", null, el("b", null, title), shut), bar, message, best, el("div.row-end", null, stop));
  shut.hidden = true;
  $("jobs").append(node);
  return { node, bar, message, best, stop, shut };
}

function write(parts, job) {
  if (job.of) {
    parts.bar.max = job.of;
    parts.bar.value = job.done;
  }
  put(parts.message, say(job.message) || t("started"));
  const known = job.incumbent !== null && job.incumbent !== undefined;
  put(parts.best, known ? [`${t("best_so_far")} ${figure(job.incumbent)}`,
    job.bound !== null && job.bound !== undefined ? `${t("bound")} ${figure(job.bound)}` : "",
    job.gap !== null && job.gap !== undefined ? `${t("gap")} ${(100 * job.gap).toFixed(1)}%` : ""].filter(Boolean).join(" · ") : "");
}

// Start a job and follow it to its end. Gives the job when it is done; null when it failed or was cancelled.
export async function follow(title, start) {
  let job;
  try {
    job = await start();
  } catch (error) {
    tellProblems(error);
    return null;
  }
  const parts = row(title);
  parts.stop.addEventListener("click", () => {
    parts.stop.disabled = true;
    api.cancel(job.job_id).catch(tellProblems);
  });
  parts.stop.focus();
  let wait = 120;
  while (job.status === "running") {
    write(parts, job);
    await rest(wait);
    wait = Math.min(600, wait * 1.3);
    try {
      job = await api.job(job.job_id);
    } catch (error) {
      if (error instanceof Lost) continue;
      if (!(error instanceof Refused)) throw error;
      parts.node.remove();
      tellProblems(error);
      return null;
    }
  }
  write(parts, job);
  if (job.status === "done") {
    parts.node.remove();
    announce(`${title} ${t("done")}`);
    return job;
  }
  parts.bar.remove();
  parts.stop.remove();
  parts.best.remove();
  parts.shut.hidden = false;
  if (job.status === "cancelled") {
    parts.message.textContent = t("cancelled");
    setTimeout(() => parts.node.remove(), 3000);
  } else {
    parts.message.textContent = t("failed");
    parts.node.append(problemList(job.problems || []));
  }
  announce(`${title} ${parts.message.textContent}`);
  return null;
}
