// The symbols of facilities, the same as on the written maps (outputs/assets/page/layers.js): shape, sign, size, filled.
import { draw } from "./dom.js";

const INK = "#14304f";
const PLUS = "M8.4 5h3.2v3.4H15v3.2h-3.4V15H8.4v-3.4H5V8.4h3.4z";
const GREEN = "#0b6b50";

const SHAPES = {
  square: (fill) => draw("rect", { x: 1.5, y: 1.5, width: 17, height: 17, rx: 3, fill, stroke: INK, "stroke-width": 2 }),
  circle: (fill) => draw("circle", { cx: 10, cy: 10, r: 8.4, fill, stroke: INK, "stroke-width": 2.2 }),
  small: (fill) => draw("rect", { x: 2.5, y: 2.5, width: 15, height: 15, fill, stroke: "#6b7280", "stroke-width": 2 }),
  hexagon: (fill) => draw("path", { d: "M5.6 1.5h8.8l4.1 8.5-4.1 8.5H5.6L1.5 10z", fill, stroke: GREEN, "stroke-width": 2.2 }),
  diamond: () => draw("path", { d: "M10 .8 19.2 10 10 19.2.8 10z", fill: "#111827", stroke: "#fff", "stroke-width": 1.5 }),
  dot: () => draw("circle", { cx: 10, cy: 10, r: 8, fill: INK, stroke: "#fff", "stroke-width": 3 }),
};

// What stands for each kind; the same as outputs/maps/facilities.py has it.
const KINDS = {
  hospital: "square|+|18|", tcm_hospital: "square|中|18|", specialty_hospital: "square|专|17|", mental_hospital: "square|精|17|",
  dental_hospital: "square|口|17|", infectious_hospital: "square|传|17|", mch: "square|妇|18|", township_hospital: "circle|+|15|",
  chc: "circle|社|16|", clinic: "circle|门|14|", village_clinic: "dot||8|", ems_centre: "diamond|*|25|", ems_subcentre: "diamond|*|21|",
  ems_station: "diamond|*|17|", aed: "hexagon|a|15|",
};
const GROUPS = { support: "保", reserve: "备", public_health: "公", social: "养", site: "地" };

export function shapeOf(kind) {
  if (String(kind.shape).includes("|")) return kind.shape;
  return KINDS[kind.kind] || `small|${GROUPS[kind.group] || ""}|14|`;
}

function sign(text, ink) {
  if (text === "+") return draw("path", { fill: ink, d: PLUS });
  if (text === "*") return draw("path", { d: "M10 5.2v9.6M5.9 7.6l8.2 4.8M14.1 7.6l-8.2 4.8", stroke: "#fff", "stroke-width": 2.6 });
  if (text === "a") return draw("path", { d: "M11.4 3.8 6.4 11h3l-1 5.2 5-7.4h-3z", fill: GREEN });
  if (!text) return null;
  const letter = draw("text", { x: 10, y: 14, "text-anchor": "middle", "font-size": 11.5, "font-weight": 700, fill: ink });
  letter.textContent = text;
  return letter;
}

function parts(shape) {
  const [form, letter, size, style] = String(shape || "").split("|");
  return { form: SHAPES[form] ? form : "small", letter: letter || "", size: Number(size) || 15, filled: style === "filled" };
}

export const isDot = (shape) => parts(shape).form === "dot";
export const sizeOf = (shape) => parts(shape).size;

export function symbol(shape, size) {
  const { form, letter, size: own, filled } = parts(shape);
  const ink = filled ? "#fff" : form === "small" ? "#4b5563" : INK;
  const drawn = [SHAPES[form](filled ? INK : "#fff"), sign(letter, ink)].filter(Boolean);
  return draw("svg", { viewBox: "0 0 20 20", width: size || own, height: size || own, "aria-hidden": "true" }, ...drawn);
}

// A suggested site: a numbered green drop.
export function proposal(number) {
  const text = draw("text", { x: 10, y: 13.5, "text-anchor": "middle", "font-size": 10.5, "font-weight": 700, fill: "#fff" });
  text.textContent = String(number);
  return draw("svg", { viewBox: "0 0 20 20", width: 28, height: 28, "aria-hidden": "true" },
    draw("circle", { cx: 10, cy: 10, r: 8.6, fill: "#0a7d54", stroke: "#fff", "stroke-width": 1.8 }), text);
}
