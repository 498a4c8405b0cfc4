// Elements. Every text becomes a text node: nothing that a user or the server wrote is ever read as HTML.
const SVG = "http:" + "//www.w3.org/2000/svg";

// el("button.show", {type: "button", onclick: f}, child, "text", null)
export function el(spec, attributes, ...children) {
  const [tag, ...classes] = spec.split(".");
  const node = document.createElement(tag || "div");
  if (classes.length) node.className = classes.join(" ");
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked") node[name] = value;
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...there(children));
  return node;
}

const there = (children) => children.flat(3).filter((child) => child !== null && child !== undefined && child !== "" && child !== false);

// Put children in the place of those that were there; what is null is left out.
export const fill = (node, ...children) => node.replaceChildren(...there(children));

export function draw(tag, attributes, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

const MARKS = {
  met: "M4 8.5 7 11.5 12.2 5",
  not_met: "M5 5 11 11M11 5 5 11",
  measured: "M4 6.3h8M4 9.7h8",
  no_data: "M6 6.2a2 2 0 1 1 2.9 1.9c-.6.3-.9.6-.9 1.4M8 11.6v.2",
};

// The sign of a verdict, the same as on the written map.
export function mark(status) {
  const known = MARKS[status] ? status : "no_data";
  return draw("svg", { viewBox: "0 0 16 16", class: `mark ${known}`, "aria-hidden": "true" },
    draw("circle", { cx: 8, cy: 8, r: 7.5 }), draw("path", { d: MARKS[known] }));
}

const ICONS = {
  undo: "M7 5 3 9l4 4M3.5 9H12a4.5 4.5 0 0 1 0 9h-2",
  redo: "M13 5l4 4-4 4M16.5 9H8a4.5 4.5 0 0 0 0 9h2",
  select: "M5 3l10 7-4.6.8L13 16l-2.2 1-2.5-5.3L5 15z",
  road: "M6.5 3 4 17M13.5 3 16 17M10 4v2.4M10 9v2.4M10 14v2.4",
  star: "M10 2.8l2.1 4.6 5 .6-3.7 3.4 1 5L10 13.9l-4.4 2.5 1-5L2.9 8l5-.6z",
  plus: "M10 4v12M4 10h12",
  close: "M5 5l10 10M15 5 5 15",
  more: "M4 10h.1M10 10h.1M16 10h.1",
  up: "M10 16V4M5 9l5-5 5 5",
  pin: "M10 18s6-5.6 6-10a6 6 0 0 0-12 0c0 4.4 6 10 6 10zM10 6v4M8 8h4",
  bin: "M4 6h12M8 6V4h4v2M6 6l.7 11h6.6L14 6",
  target: "M10 3v3M10 14v3M3 10h3M14 10h3M10 6.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7z",
  whole: "M3 7V3h4M13 3h4v4M17 13v4h-4M7 17H3v-4",
  down: "M5 8l5 5 5-5",
};

export const icon = (name) => draw("svg", { viewBox: "0 0 20 20", class: "icon", "aria-hidden": "true" }, draw("path", { d: ICONS[name] }));

export const $ = (id) => document.getElementById(id);

export const later = (wait, work) => {
  let timer = null;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => work(...given), wait);
  };
};

// Write a text only where it differs: nothing is laid out anew for what stays.
export function put(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function option(value, label, chosen) {
  const node = el("option", { value }, label);
  node.selected = chosen;
  return node;
}

// Tell those who listen rather than look.
export function announce(text) {
  const live = $("live");
  live.textContent = "";
  setTimeout(() => { live.textContent = text; }, 30);
}
