// The doughnut of shares, and the list of them that says the same in words.

import { number, ranked } from "./model.js";
import { look, swatch } from "./colours.js";

const shownAtMost = 8; // segments besides "others"
const element = (id) => document.getElementById(id);
const colour = (name) => getComputedStyle(document.body).getPropertyValue(name).trim();
const label = (part) => part.user ?? `${part.others} others`;

export const makeDoughnut = (canvas) => new Chart(canvas, {
  type: "doughnut",
  data: { labels: [], datasets: [{ data: [], borderWidth: 2 }] },
  options: {
    maintainAspectRatio: false, cutout: "68%", animation: false,
    plugins: { legend: { display: false } },
  },
});

/// Shares in words: all to a tenth of a percent, equal ones alike.
export function shares(values) {
  const total = values.reduce((sum, value) => sum + value, 0);
  return values.map((value) => `${((100 * value) / total).toFixed(1)} %`);
}

/// Draws what is known now; `chart` is missing where Chart.js is.
export function drawShares(chart) {
  const rows = ranked().filter((row) => row.points > 0);
  const total = rows.reduce((sum, row) => sum + row.points, 0);
  const parts = rows.slice(0, shownAtMost).map(({ user, points }) => ({ user, points }));
  const rest = rows.slice(shownAtMost);
  if (rest.length)
    parts.push({ points: rest.reduce((sum, row) => sum + row.points, 0), others: rest.length });
  element("shares-total").textContent = total ? number(total) : "no points yet";
  const list = element("shares-list");
  const percentages = shares(parts.map((part) => part.points));
  while (list.children.length > parts.length) list.lastChild.remove();
  parts.forEach((part, index) => showPart(
    list.children[index] ?? list.appendChild(document.createElement("li")), part, percentages[index]));
  if (!chart) return;
  const [ring] = chart.data.datasets;
  chart.data.labels = parts.map(label);
  ring.data = parts.map((part) => part.points);
  ring.backgroundColor = parts.map((part) => part.others ? colour("--muted") : look(part.user).colour);
  chart.options.plugins.tooltip.callbacks = {
    label: ({ dataIndex }) => `${number(parts[dataIndex].points)} points, ${percentages[dataIndex]}`,
  };
  chart.update("none");
}

function showPart(item, part, text) {
  if (item.dataset.user !== label(part)) {
    item.dataset.user = label(part);
    const [name, share] = [document.createElement("bdi"), document.createElement("span")];
    name.className = "name";
    name.textContent = label(part);
    name.title = label(part);
    item.replaceChildren(...(part.user === undefined ? [] : [swatch(part.user)]), name, share);
  }
  if (item.lastChild.textContent !== text) item.lastChild.textContent = text;
}

/// Takes the colours of the page, light or dark.
export function paintShares(chart) {
  chart.data.datasets[0].borderColor = colour("--surface");
  element("shares-list").replaceChildren();
}
