// A colour, a dash and a marker per user: the same on every reload and whatever the rank. Nobody
// needs to tell colours apart: no two of eight users share a marker, no two of 256 all three.
// Contrast to the background is at least 3:1.

const palettes = {
  light: ["#0068ad", "#c2500a", "#00805e", "#8f3fa0", "#9a6700", "#40308f", "#8b1d4f", "#4d5662"],
  dark: ["#5ab4ee", "#ff9157", "#3cc99f", "#dd86e6", "#e8b83e", "#a79bff", "#f592b4", "#c6ced8"],
};
// The style and rotation as Chart.js names them, and the outline in a box of 10 by 10.
const markers = [
  ["circle", 0, "M5 1a4 4 0 1 0 .01 0z"], ["triangle", 0, "M5 .5 9.500 9h-9z"],
  ["rect", 0, "M1.500 1.500h7v7h-7z"], ["rectRot", 0, "M5 0l5 5-5 5-5-5z"],
  ["triangle", 180, "M5 9.500 9.500 1h-9z"], ["star", 0, "M5 0v10M0 5h10M1.500 1.500l7 7m0-7-7 7"],
  ["triangle", 90, "M9.500 5 1 9.500v-9z"], ["crossRot", 0, "M1 1l8 8m0-8-8 8"],
];
const dashes = [[], [7, 3], [2, 2], [9, 3, 2, 3]];
const darkness = matchMedia("(prefers-color-scheme: dark)");

/// Calls back when the system changes between light and dark.
export const onScheme = (changed) => darkness.addEventListener("change", changed);

let assigned = new Map();
let assignedTo = "";

function hash(name) {
  let value = 2166136261;
  for (const unit of name) value = Math.imul(value ^ unit.codePointAt(0), 16777619);
  return value >>> 0;
}

/// Gives each user a look. The name's hash says which colour; where it is taken by as many users
/// as any other, the next free one. In the order of names, so that a reload gives the same.
export function assign(users) {
  const names = [...users].sort();
  if (assignedTo === names.join("\n")) return;
  assignedTo = names.join("\n");
  assigned = new Map();
  const taken = markers.map(() => 0);
  for (const name of names) {
    const fewest = Math.min(...taken);
    let index = hash(name) % taken.length;
    while (taken[index] > fewest) index = (index + 1) % taken.length;
    const round = taken[index]++;
    const dash = dashes[(round + Math.floor(round / markers.length)) % dashes.length];
    assigned.set(name, { index, dash, marker: markers[(index + round) % markers.length] });
  }
}

/// {colour, dash, marker, rotation, outline} of a user.
export function look(name) {
  const { index, dash, marker: [marker, rotation, outline] } = assigned.get(name);
  const colour = palettes[darkness.matches ? "dark" : "light"][index];
  return { colour, dash, marker, rotation, outline };
}

const svg = (tag, attributes) => {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
};

/// The user's line and marker, as in the chart.
export function swatch(name) {
  const { colour, dash, outline } = look(name);
  const drawing = svg("svg", { viewBox: "0 0 34 10", class: "swatch", "aria-hidden": "true" });
  const stroke = { stroke: colour, "stroke-width": 2, fill: "none" };
  drawing.append(
    svg("path", { d: "M0 5h34", "stroke-dasharray": dash.join(" "), ...stroke }),
    svg("path", { d: outline, transform: "translate(12 0)", ...stroke, fill: colour }));
  return drawing;
}
