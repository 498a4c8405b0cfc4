// The card of the chosen facility: what it is, where it stands, its ambulances; move it by numbers, close it, restore it.
import { $, el, fill, icon, put } from "./dom.js";
import { aeds } from "./aeds.js";
import { desk } from "./desk.js";
import { choose, facilityOf, kindOf, on, store } from "./store.js";
import { people, nameOf, say, t } from "./words.js";

const whole = (value) => Math.max(0, Math.min(99, Math.round(Number(value) || 0)));

function stepper(label, value, set) {
  const input = el("input.number", { type: "number", min: "0", max: "99", step: "1", value: String(value ?? 0), "aria-label": label,
    onchange: () => set(whole(input.value)) });
  return el("div.stepper", null, el("span", null, label),
    el("button.step", { type: "button", "aria-label": `${label}: ${t("fewer")}`, onclick: () => set(whole(Number(input.value) - 1)) }, "−"),
    input,
    el("button.step", { type: "button", "aria-label": `${label}: ${t("more")}`, onclick: () => set(whole(Number(input.value) + 1)) }, "+"));
}

function place(row) {
  const lon = el("input", { type: "number", step: "any", name: "lon", value: row.at[0], required: true });
  const lat = el("input", { type: "number", step: "any", name: "lat", value: row.at[1], required: true });
  return el("form.place", { onsubmit: (event) => {
    event.preventDefault();
    desk.edit([{ move: { facility: row.facility_id, at: [Number(lon.value), Number(lat.value)] } }]);
  } }, el("label", null, t("lon"), lon), el("label", null, t("lat"), lat), el("button.second", { type: "submit" }, t("move_there")));
}

// Restoring is taking out the edits that speak of this facility, the last one first.
function restore(row) {
  const mine = store.state.edits.filter(({ edit }) => ["move", "close", "change"].some((what) => {
    const about = edit[what];
    return about && (about === row.facility_id || about.facility === row.facility_id);
  }));
  return mine.length ? el("button.plain", { type: "button", onclick: async () => {
    for (const one of mine.reverse()) await desk.takeOut(one.index);
  } }, t("reopen")) : null;
}

function write() {
  const card = $("chosen");
  const row = store.chosen && facilityOf(store.chosen);
  card.hidden = !row;
  if (!row) return card.replaceChildren();
  const focus = card.contains(document.activeElement) ? [...card.querySelectorAll("button, input, summary")].indexOf(document.activeElement) : -1;
  const wasOpen = card.querySelector("details[open]") && card.dataset.facility === row.facility_id;
  card.dataset.facility = row.facility_id;
  const kind = kindOf(row.kind);
  const id = row.facility_id;
  const movable = row.movable && row.status !== "closed";
  const mine = aeds.isMine(row);
  const remove = () => (mine ? aeds.remove(row) : desk.edit([{ close: { facility: id } }]));
  card.setAttribute("aria-label", nameOf(row));
  fill(card,
    el("button.shut", { type: "button", "aria-label": t("deselect"), title: t("deselect"), onclick: () => choose(null) }, icon("close")),
    el("h3", null, nameOf(row)),
    el("p.kind", null, [row.detail ? say(row.detail) : say(kind.label), row.status === "open" ? "" : t(`status_${row.status}`)].filter(Boolean).join(" · ")),
    el("div.actions", null,
      kind.has_vehicles && row.status !== "closed" ? stepper(t("vehicles"), row.vehicles, (n) => {
        if (n !== row.vehicles) desk.edit([{ change: { facility: id, vehicles: n } }]);
      }) : null,
      mine ? stepper(t("devices"), aeds.count(row), (n) => { if (n > 0 && n !== aeds.count(row)) aeds.change(row, { devices: n }); }) : null,
      row.status === "closed" || (row.movable === false && !mine) ? null
        : el("button.plain.danger", { type: "button", id: "remove", onclick: remove }, icon("bin"), row.status === "new" ? t("remove_new") : t("remove")),
      row.status === "open" && (row.base_vehicles === undefined || row.base_vehicles === null) || row.status === "new" ? null : restore(row)),
    movable ? el("details.where", { open: Boolean(wasOpen) }, el("summary", null, `${t("at")} ${row.at[0].toFixed(4)}, ${row.at[1].toFixed(4)}`), place(row)) : null);
  if (focus >= 0) {
    const again = card.querySelectorAll("button, input, summary")[focus];
    if (again) again.focus();
  }
}

// While it moves: where it is, how far from a road, what it would bring.
function moving() {
  let line = $("moving");
  if (!store.moving) {
    if (line) line.remove();
    return;
  }
  if ($("first-hint")) $("first-hint").remove();
  if (!line) {
    line = el("div.moving", { id: "moving" });
    $("ground").append(line);
  }
  const { answer, refused } = store.moving;
  line.classList.toggle("off", Boolean(refused));
  if (refused) return put(line, refused);
  const { gained, lost } = store.figures;
  put(line, [say(answer.area), answer.off_road_m > 30 ? `${t("off_road")} ${Math.round(answer.off_road_m)} m` : "",
    `+${people(gained)}`, lost ? `−${people(lost)}` : ""].filter(Boolean).join(" · "));
}

export function chosen() {
  on("chosen state language", write);
  on("moving", moving);
  write();
}
