// The list of facilities: the keyboard's way to choose one, pick it up, move it by steps and put it down.
import { announce, el, put } from "./dom.js";
import { desk } from "./desk.js";
import { follow, rest } from "./drag.js";
import { kindOf, store } from "./store.js";
import { lookAt, putAt } from "./stations.js";
import { isDot, symbol } from "./symbols.js";
import { nameOf, say, t } from "./words.js";

const STEPS = { ArrowUp: [0, 1], ArrowDown: [0, -1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
const METRES_PER_DEGREE = 111_320;

let held = null;   // {id, from, at, button} while something is picked up
let query = "";
let rows = new Map();
let body = null;

function stepped([lon, lat], [east, north], metres) {
  return [Number((lon + east * metres / (METRES_PER_DEGREE * Math.cos(lat * Math.PI / 180))).toFixed(6)),
    Number((lat + north * metres / METRES_PER_DEGREE).toFixed(6))];
}

function pickUp(id, button) {
  const row = store.state.facilities.find((one) => one.facility_id === id);
  lookAt(id);
  if (!row.movable) return announce(t("not_movable"));
  held = { id, at: row.at, moved: false, button, vehicles: row.vehicles };
  button.setAttribute("aria-pressed", "true");
  announce(`${nameOf(row)} ${t("picked_up")}`);
}

async function putDown(keep) {
  if (!held) return;
  const { id, at, moved, button } = held;
  held = null;
  button.setAttribute("aria-pressed", "false");
  announce(t("put_down"));
  if (keep && moved) {
    rest(true);
    await desk.edit([{ move: { facility: id, at } }]);
  } else {
    rest(false);
    putAt(id, store.state.facilities.find((one) => one.facility_id === id).at);
  }
}

function keys(event) {
  const button = event.target.closest("button.facility");
  if (!button) return;
  const { id } = button.dataset;
  const step = STEPS[event.key];
  if (event.key === "Enter") {
    event.preventDefault();
    if (held && held.id === id) putDown(true);
    else pickUp(id, button);
  } else if (event.key === "Escape" && held) {
    event.preventDefault();
    event.stopPropagation();
    putDown(false);
  } else if (step && held && held.id === id) {
    event.preventDefault();
    held.at = stepped(held.at, step, event.shiftKey ? 10 : 100);
    held.moved = true;
    putAt(id, held.at);
    follow({ facility_id: id, at: held.at, vehicles: held.vehicles ?? null }, event);
  } else if ((event.key === "ArrowUp" || event.key === "ArrowDown") && !held) {
    event.preventDefault();
    const visible = inSight();
    const next = visible[visible.indexOf(button) + (event.key === "ArrowDown" ? 1 : -1)];
    if (next) enter(next);
  }
}

const inSight = () => [...body.querySelectorAll("details[open]:not([hidden]) > button.facility:not([hidden])")];

// The Tab key finds the list whichever groups are folded.
function anchor() {
  const stop = body.querySelector("button.facility[tabindex='0']"), visible = inSight();
  if (stop && visible.includes(stop)) return;
  if (stop) stop.tabIndex = -1;
  if (visible.length) visible[0].tabIndex = 0;
}

// One stop for the Tab key, whichever row it was last; arrow keys walk from there.
function enter(button) {
  for (const one of body.querySelectorAll("button.facility[tabindex='0']")) one.tabIndex = -1;
  button.tabIndex = 0;
  button.focus();
}

function line(row) {
  const name = el("span.name"), status = el("span.status");
  const button = el("button.facility", { type: "button", tabindex: "-1", "aria-pressed": "false", "data-id": row.facility_id,
    onclick: (event) => { if (event.detail) lookAt(row.facility_id); },
    onblur: () => { if (held && held.id === row.facility_id) putDown(true); } },
  el("span.sign", null, symbol(kindOf(row.kind).shape, isDot(kindOf(row.kind).shape) ? 9 : 16)), name, status);
  return { button, name, status };
}

function sift() {
  for (const row of store.state.facilities) {
    const one = rows.get(row.facility_id);
    if (one) one.button.hidden = Boolean(query) && !`${row.name} ${row.name_en} ${row.facility_id}`.toLowerCase().includes(query);
  }
  for (const group of body.querySelectorAll("details")) {
    const any = Boolean(group.querySelector("button.facility:not([hidden])"));
    group.hidden = !any;
    if (query && any) group.open = true;
  }
}

export function facilities() {
  rows = new Map();
  body = el("div.kinds", { onkeydown: keys });
  const find = el("input.find", { type: "search", placeholder: t("find_facility"), "aria-label": t("find_facility"), value: query, oninput: () => {
    query = find.value.trim().toLowerCase();
    sift();
  } });
  const view = el("section.view", { id: "view-facilities", role: "tabpanel", "aria-labelledby": "tab-facilities" },
    find, el("p.about", null, t("keys_list")), body);
  const groups = new Map();
  const write = () => {
    const seen = new Set();
    // Ambulance bases first: they are what is moved most.
    const kinds = store.study.kinds.map((one) => one.kind);
    const order = [...kinds.filter((one) => one.startsWith("ems")), ...kinds.filter((one) => !one.startsWith("ems"))];
    for (const row of store.state.facilities) {
      seen.add(row.facility_id);
      let group = groups.get(row.kind);
      if (!group) {
        const kind = kindOf(row.kind);
        const count = el("span.note");
        const node = el("details.kind", { open: row.kind.startsWith("ems"), "data-kind": row.kind, ontoggle: anchor }, el("summary", null, say(kind.label), count));
        group = { node, count };
        groups.set(row.kind, group);
        const after = [...body.children].find((one) => order.indexOf(one.dataset.kind) > order.indexOf(row.kind));
        body.insertBefore(node, after || null);
      }
      let one = rows.get(row.facility_id);
      if (!one) {
        one = line(row);
        rows.set(row.facility_id, one);
        group.node.append(one.button);
      }
      put(one.name, nameOf(row));
      put(one.status, row.status === "open" ? (kindOf(row.kind).has_vehicles && row.vehicles ? String(row.vehicles) : "") : t(`status_${row.status}`));
      one.button.classList.toggle("chosen", row.facility_id === store.chosen);
      one.button.dataset.status = row.status;
    }
    for (const [id, one] of rows) {
      if (!seen.has(id)) {
        one.button.remove();
        rows.delete(id);
      }
    }
    for (const { node, count } of groups.values()) put(count, String(node.querySelectorAll("button").length));
    sift();
    anchor();
  };
  return { view, write };
}
