// A table of proposed sites, picked or dropped: read by the server as one change, and its import report shown in full.
import { $, el } from "./dom.js";
import { Lost, Refused } from "./api.js";
import { desk } from "./desk.js";
import { dialog } from "./dialogs.js";
import { problemList } from "./notices.js";
import { say, t } from "./words.js";


async function read(file) {
  try {
    const { report, sites } = await desk.upload(file);
    dialog(`${t("import_report")} · ${file.name}`,
      el("ul.report", null, report.map((line) => el("li", null, say(line)))),
      sites.length ? el("div.scroll", null, el("table.plain-table", null,
        el("thead", null, el("tr", null, [t("name"), t("at"), t("vehicles"), t("negative_pressure")].map((head) => el("th", { scope: "col" }, head)))),
        el("tbody", null, sites.map((site) => el("tr", null, el("td", null, say(site.name)), el("td", null, site.at.map((one) => one.toFixed(4)).join(", ")),
          el("td", null, String(site.vehicles ?? "–")), el("td", null, String(site.negative_pressure ?? "–"))))))) : null);
  } catch (error) {
    if (error instanceof Lost) return;
    if (!(error instanceof Refused)) throw error;
    dialog(`${t("import_report")} · ${file.name}`, el("p.refused", null, t("import_refused")), problemList(error.problems));
  }
}

export const pickFile = () => $("file").click();

export function upload() {
  const input = el("input", { id: "file", type: "file", accept: ".xlsx,.xls,.csv,.ods", hidden: true, onchange: async () => {
    const [file] = input.files;
    if (file) await read(file);
    input.value = "";
  } });
  const cover = el("div.drop", { hidden: true }, el("b", null, ""));
  document.body.append(input, cover);
  const brings = (event) => event.dataTransfer && [...event.dataTransfer.types].includes("Files");
  addEventListener("dragenter", (event) => {
    if (!brings(event)) return;
    cover.firstChild.textContent = t("drop_here");
    cover.hidden = false;
  });
  addEventListener("dragover", (event) => { if (brings(event)) event.preventDefault(); });
  addEventListener("dragleave", (event) => { if (!event.relatedTarget) cover.hidden = true; });
  addEventListener("drop", (event) => {
    if (!brings(event)) return;
    event.preventDefault();
    cover.hidden = true;
    if (event.dataTransfer.files[0]) read(event.dataTransfer.files[0]);
  });
}
