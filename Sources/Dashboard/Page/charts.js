// The line chart of points over time and the doughnut of shares. History comes from the ledger,
// for the few users shown; between two readings ticks are appended as they come. Works with
// Chart.js 3.9 and 4, without a date adapter: time is a linear axis with ticks of our own.

import { number, now, parse, ranked, sought, stampOf, state, statusOf } from "./model.js";
import { assign, look, onScheme, swatch } from "./colours.js";

const shownAtMost = 8; // lines, and segments besides "others"
const updates = 20;
const minute = 60_000;
const ranges = { // how far back, and how often the history is read again
  "20": { again: minute }, "1h": { span: 60 * minute, again: minute },
  "24h": { span: 1440 * minute, again: 5 * minute }, "7d": { span: 10080 * minute, again: 15 * minute },
};
const tickSteps = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400,
].map((seconds) => seconds * 1000);
const element = (id) => document.getElementById(id);
const calm = matchMedia("(prefers-reduced-motion: reduce)");

let range = new URLSearchParams(location.search).get("range");
if (!ranges[range]) range = "20";
let history = new Map(); // by user: [{x: ms, y: points or NaN for a gap}], oldest first
let hidden = new Set(); // users whose line was switched off
let lineChart, doughnutChart; // the charts; none while Chart.js is missing
let reading = 0; // the number of the last reading: an answer to an older one is dropped
let readAt = 0;
let failure = "";

/// Draws nothing yet; says so where Chart.js is missing.
export function begin() {
  for (const choice of element("range").elements) {
    choice.checked = choice.value === range;
    choice.addEventListener("change", () => choose(choice.value));
  }
  if (!("Chart" in window)) {
    failure = "No charts: the daemon did not find Chart.js (http.libraries.chartjs).";
    return message(failure);
  }
  lineChart = new Chart(element("course"), lineChartSetup());
  doughnutChart = new Chart(element("shares"), doughnutChartSetup());
  onScheme(() => (paint(), render()));
  paint();
}

function choose(value) {
  range = value;
  const address = new URL(location);
  if (range === "20") address.searchParams.delete("range");
  else address.searchParams.set("range", range);
  window.history.replaceState(null, "", address);
  history = new Map();
  message("Loading the history…");
  read();
}

const shownUsers = () =>
  ranked().map((row) => row.user).filter(sought).slice(0, shownAtMost);

// History

/// Reads the history again, soon: it may have changed otherwise than by a tick.
export const refresh = () => {
  readAt = 0;
};

/// Reads what is missing or due; called every second.
export function keepFresh() {
  if (!lineChart || !state.users.size) return;
  const due = performance.now() - readAt > ranges[range].again || readAt === 0;
  if (due || shownUsers().some((user) => !history.has(user))) read();
  else drawLineChart();
}

async function read() {
  if (!lineChart) return;
  const own = (reading += 1);
  readAt = performance.now();
  const { span } = ranges[range];
  const query = span ? { from: stampOf(now() - span), to: stampOf(now()) } : { updates };
  const users = shownUsers();
  try {
    const answers = await Promise.all(users.map((user) => readUser(user, query)));
    if (own !== reading) return;
    history = new Map(users.map((user, index) => [user, answers[index]]));
    for (const user of users) append(state.users.get(user));
    failure = "";
    drawLineChart(!calm.matches);
  } catch (problem) {
    if (own !== reading) return;
    failure = `The history could not be read (${problem.message}); trying again.`;
    for (const user of users) if (!history.has(user)) history.set(user, []);
    readAt = performance.now() - ranges[range].again + 3000;
    drawLineChart();
  }
}

async function readUser(user, query) {
  const path = `/api/users/${encodeURIComponent(user)}/history?${new URLSearchParams(query)}`;
  const answer = await fetch(path, { signal: AbortSignal.timeout(10_000) });
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.error);
  return body.data.map(({ datetime_stamp, points }) => ({ x: parse(datetime_stamp), y: points ?? NaN }));
}

/// Adds a row that a tick or a change gave.
export function append(row) {
  const line = row?.datetime_stamp && history.get(row.user);
  if (!line) return;
  const last = line.at(-1);
  const point = { x: parse(row.datetime_stamp), y: row.points };
  if (last && (point.x < last.x || (point.x === last.x && point.y === last.y))) return;
  line.push(point);
}

/// Ends the line of a user who stopped earning, so that the next tick is not joined to it.
export function interrupt(user) {
  if (statusOf(user) !== "running") history.get(user)?.push({ x: now(), y: NaN });
}

// Line chart

function window20(users) {
  // The last 20 updates of most users: one who has not ticked for hours must not squeeze the rest.
  const oldest = users.map((user) => history.get(user).filter(({ y }) => y >= 0).at(-updates)
    ?? history.get(user)[0]).filter(Boolean).map(({ x }) => x).sort((one, other) => one - other);
  return oldest[Math.floor(oldest.length / 2)] ?? now() - minute;
}

function drawLineChart(animated = false) {
  const users = shownUsers().filter((user) => history.has(user));
  const { span } = ranges[range];
  const axis = lineChart.options.scales.x;
  axis.max = now();
  axis.min = Math.min(span ? axis.max - span : window20(users), axis.max - 10_000);
  for (const user of users) {
    const line = history.get(user);
    while (line.length > 2000 || (line.length > 1 && line[1].x < axis.min && span)) line.shift();
  }
  lineChart.data.datasets = users.map((user) => {
    const { colour, dash, marker, rotation } = look(user);
    const data = history.get(user);
    return {
      label: user, data, borderColor: colour, backgroundColor: colour, borderDash: dash,
      pointStyle: marker, pointRotation: rotation, pointRadius: data.length > 60 ? 0 : 4,
      hidden: hidden.has(user),
    };
  });
  lineChart.update(animated ? undefined : "none");
  const drawn = users.filter((user) =>
    history.get(user).some(({ x, y }) => y >= 0 && x >= axis.min));
  message(failure || (drawn.length ? "" : "Nothing happened in this time."));
  drawLegend(users, drawn);
}

function message(text) {
  element("course-message").textContent = text;
}

let legendOf = "";

function drawLegend(users, drawn) {
  const absence = (user) => statusOf(user) === "running" ? "no updates" : statusOf(user);
  const words = users.map((user) => drawn.includes(user) ? user : `${user} (${absence(user)})`);
  const wanted = JSON.stringify(words);
  const total = [...state.users.keys()].filter(sought).length;
  element("course-note").textContent = total > users.length
    ? `The ${users.length} with the most points of ${total}. Search for others.` : "";
  if (wanted === legendOf) return;
  legendOf = wanted;
  element("legend").replaceChildren(...users.map((user, index) => {
    const item = document.createElement("li");
    const toggle = document.createElement("button");
    toggle.type = "button";
    toggle.className = "btn btn-sm btn-plain";
    toggle.setAttribute("aria-pressed", !hidden.has(user));
    toggle.title = `Show or hide the line of ${user}`;
    toggle.append(swatch(user), words[index]);
    toggle.addEventListener("click", () => {
      if (!hidden.delete(user)) hidden.add(user);
      toggle.setAttribute("aria-pressed", !hidden.has(user));
      drawLineChart();
    });
    item.append(toggle);
    return item;
  }));
}

function timeTicks(axis) {
  const room = axis.max - axis.min;
  const most = Math.max(2, Math.floor(axis.width / 90));
  const step = tickSteps.find((size) => room / size <= most) ?? tickSteps.at(-1);
  const ticks = [];
  for (let value = Math.ceil(axis.min / step) * step; value <= axis.max; value += step)
    ticks.push({ value });
  axis.ticks = ticks;
}

function timeLabel(value) {
  const stamp = stampOf(value);
  const room = this.max - this.min;
  if (room > 2880 * minute) return stamp.slice(5, 10);
  return room > 10 * minute ? stamp.slice(11, 16) : stamp.slice(11, 19);
}

const lineChartSetup = () => ({
  type: "line",
  data: { datasets: [] },
  options: {
    maintainAspectRatio: false, parsing: false, normalized: true, spanGaps: false,
    animation: { duration: 300 }, borderWidth: 2, borderJoinStyle: "round",
    interaction: { mode: "nearest", axis: "x", intersect: false },
    scales: {
      x: {
        type: "linear", afterBuildTicks: timeTicks, grid: { drawOnChartArea: false },
        ticks: { callback: timeLabel, maxRotation: 0, autoSkip: false },
      },
      y: {
        // Room above the highest line only: points are never below 0.
        afterDataLimits: (axis) => (axis.max += 0.05 * (axis.max - axis.min)),
        ticks: { precision: 0, maxTicksLimit: 7, callback: (value) => number(value) },
      },
    },
    plugins: {
      legend: { display: false },
      tooltip: {
        usePointStyle: true, itemSort: (one, other) => other.parsed.y - one.parsed.y,
        callbacks: { title: (items) => items.length ? `${stampOf(items[0].parsed.x)} UTC` : "" },
      },
    },
  },
});

// Doughnut

const doughnutChartSetup = () => ({
  type: "doughnut",
  data: { labels: [], datasets: [{ data: [], borderWidth: 2 }] },
  options: {
    maintainAspectRatio: false, cutout: "68%", animation: { duration: 300 },
    plugins: { legend: { display: false } },
  },
});

function drawShares() {
  const rows = ranked().filter((row) => row.points > 0);
  const total = rows.reduce((sum, row) => sum + row.points, 0);
  const parts = rows.slice(0, shownAtMost).map(({ user, points }) => ({ user, points }));
  const rest = rows.slice(shownAtMost);
  if (rest.length)
    parts.push({ points: rest.reduce((sum, row) => sum + row.points, 0), others: rest.length });
  const label = (part) => part.user ?? `${part.others} others`;
  element("shares-total").textContent = total ? number(total) : "no points yet";
  const list = element("shares-list");
  while (list.children.length > parts.length) list.lastChild.remove();
  parts.forEach((part, index) => {
    const item = list.children[index] ?? list.appendChild(document.createElement("li"));
    const text = `${number((100 * part.points) / total)} %`;
    if (item.dataset.user !== label(part)) {
      item.dataset.user = label(part);
      const [name, share] = [document.createElement("span"), document.createElement("span")];
      name.className = "name";
      name.textContent = label(part);
      item.replaceChildren(...(part.user === undefined ? [] : [swatch(part.user)]), name, share);
    }
    if (item.lastChild.textContent !== text) item.lastChild.textContent = text;
  });
  if (!doughnutChart) return;
  const [ring] = doughnutChart.data.datasets;
  doughnutChart.data.labels = parts.map(label);
  ring.data = parts.map((part) => part.points);
  ring.backgroundColor = parts.map((part) => part.others ? colour("--muted") : look(part.user).colour);
  doughnutChart.update("none");
}

const colour = (name) => getComputedStyle(document.body).getPropertyValue(name).trim();

/// Takes the colours of the page, light or dark.
function paint() {
  for (const axis of Object.values(lineChart.options.scales)) {
    axis.ticks.color = colour("--muted");
    axis.grid.color = colour("--line");
    axis.grid.borderColor = colour("--line"); // Chart.js 3
    axis.border = { color: colour("--line") }; // Chart.js 4
  }
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  Chart.defaults.font.size = 0.78 * parseFloat(getComputedStyle(document.documentElement).fontSize);
  doughnutChart.data.datasets[0].borderColor = colour("--surface");
  legendOf = "";
  element("shares-list").replaceChildren();
}

/// Draws what is known now.
export function render() {
  assign(state.users.keys());
  drawShares();
  if (lineChart) drawLineChart();
}
