// The charts: which users, which range and which measure are chosen, when the history is read, and
// what the page says about it. History comes from the ledger, for the few users shown.

import { foundRows, now, number, state, statusOf } from "./model.js";
import { assign, onScheme, swatch } from "./colours.js";
import * as history from "./history.js";
import { chosen, labelsOf, linesOf, windowOf } from "./lines.js";
import { drawLines, makeLineChart, paintAxes } from "./linechart.js";
import { drawShares, makeDoughnut, paintShares } from "./doughnut.js";

const minute = 60_000;
const ranges = { // how far back, and how often the history is read again
  "20": { again: minute }, "1h": { span: 60 * minute, again: minute },
  "24h": { span: 1440 * minute, again: 5 * minute }, "7d": { span: 10080 * minute, again: 15 * minute },
};
const retryAfter = 3000;
const element = (id) => document.getElementById(id);

const choices = { range: "20", measure: "points" }; // and what they are when nobody chose
const asked = new URLSearchParams(location.search);
let range = ranges[asked.get("range")] ? asked.get("range") : choices.range;
let measure = asked.get("measure") === "lead" ? "lead" : choices.measure;
let hidden = new Set(); // users whose line was switched off
let lineChart, doughnut; // none while Chart.js is missing
let readAt = 0;
let readingNow = ""; // what is being read
let failure = null; // {text, detail, at}

/// Draws nothing yet; says so where Chart.js is missing.
export function begin() {
  for (const [name, value] of [["range", range], ["measure", measure]])
    for (const choice of element(name).elements) {
      choice.checked = choice.value === value;
      choice.addEventListener("change", () => choose(name, choice.value));
    }
  if (!("Chart" in window)) {
    failure = { text: "No charts: the daemon did not find Chart.js (http.libraries.chartjs)." };
    return message(failure.text);
  }
  lineChart = makeLineChart(element("course"));
  doughnut = makeDoughnut(element("shares"));
  onScheme(() => (paint(), render()));
  paint();
}

function choose(name, value) {
  const address = new URL(location);
  if (value === choices[name]) address.searchParams.delete(name);
  else address.searchParams.set(name, value);
  window.history.replaceState(null, "", address);
  if (name === "measure") {
    measure = value;
    return render();
  }
  range = value;
  history.forget();
  message("Loading the history…");
  read();
}

const shownUsers = () => chosen(foundRows()).map((row) => row.user);

// History

/// Reads the history again, soon: it may have changed otherwise than by a tick.
export const refresh = () => {
  readAt = 0;
};

/// Takes a row that a tick or a change gave.
export const append = (row) => history.append(row);

/// Takes that a user began or ceased to earn.
export const note = (user) => history.note(user);

/// Reads what is missing or due; called every second.
export function keepFresh() {
  if (!lineChart || !state.users.size) return;
  const due = performance.now() - readAt > ranges[range].again || readAt === 0
    || shownUsers().some((user) => !history.known().has(user));
  if (due && !(performance.now() - failure?.at < retryAfter)) read();
  else draw();
}

async function read() {
  const users = shownUsers();
  const shown = users.filter((user) => !hidden.has(user));
  const wanted = JSON.stringify([range, users, shown]);
  if (!lineChart || wanted === readingNow) return;
  readingNow = wanted;
  readAt = performance.now();
  try {
    if (!(await history.read(users, shown, ranges[range].span))) return;
    failure = null;
  } catch (problem) {
    failure = {
      text: state.database.status === "away"
        ? "The history is read when the database is back." : "The history could not be read; trying again.",
      detail: problem.message, at: performance.now(),
    };
    readAt = 0;
  } finally {
    if (readingNow === wanted) readingNow = "";
  }
  draw();
}

// Line chart

function draw() {
  const rows = foundRows();
  const users = chosen(rows).map((row) => row.user);
  const histories = history.known();
  const shown = users.filter((user) => histories.has(user) && !hidden.has(user));
  // Nothing is known of the time in which nobody was heard: the lines end before it.
  const window = windowOf(ranges[range].span, shown, histories, state.knownUntil ?? now());
  const found = linesOf(users, histories, window, measure);
  const lines = new Map(users.map((user) => [user, found.get(user) ?? []]));
  const seen = [...lines].filter(([, line]) => line.some(({ y }) => y === y)).map(([user]) => user);
  const labels = labelsOf(rows, seen.filter((user) => !hidden.has(user)), lines);
  drawLines(lineChart, { lines, labels, window, measure, hidden });
  describe(labels);
  showFailure(seen.length);
  drawLegend(users, seen, rows.length);
}

function describe(labels) {
  const ends = labels.map(({ text, points }) => `${text} ${number(points)}`).join("; ");
  const what = measure === "lead" ? "the lead over the average" : "points";
  const text = `Line chart of ${what} over time${ends && `, at the end ${ends}`}. `
    + "The same numbers stand in the table of users.";
  if (element("course").getAttribute("aria-label") !== text) element("course").setAttribute("aria-label", text);
}

/// In the chart where it is empty, else below it: no line is written across.
function showFailure(lines) {
  const nobody = state.users.size && !foundRows().length && `Nobody matches “${state.search}”.`;
  message(lines ? "" : nobody || failure?.text
    || (readingNow || !readAt ? "Loading the history…" : "Nothing is known of this time."));
  const below = lines && failure ? failure.text : "";
  if (element("course-failure").textContent !== below) element("course-failure").textContent = below;
  element("course-details").hidden = !failure?.detail;
  element("course-detail").textContent = failure?.detail ?? "";
}

function message(text) {
  if (element("course-message").textContent !== text) element("course-message").textContent = text;
}

let legendOf = "";

function drawLegend(users, seen, total) {
  const absence = (user) => statusOf(user) === "running" ? "nothing known" : statusOf(user);
  const words = users.map((user) => seen.includes(user) || !history.known().has(user) ? "" : ` (${absence(user)})`);
  const average = measure === "lead" ? `0 is the average of ${
    users.length === 1 ? "the user" : `the ${users.length} users`} drawn. ` : "";
  element("course-note").textContent = average + (total > users.length
    ? `${users.length} of ${total} users, no two with the same points while there are others. Search for more.`
    : "");
  const wanted = JSON.stringify([users, words]);
  if (wanted === legendOf) return;
  legendOf = wanted;
  element("legend").replaceChildren(...users.map((user, index) => {
    const item = document.createElement("li");
    const toggle = document.createElement("button");
    const name = document.createElement("bdi");
    name.className = "name";
    name.textContent = user;
    toggle.type = "button";
    toggle.className = "btn btn-sm btn-plain";
    toggle.setAttribute("aria-pressed", !hidden.has(user));
    toggle.title = `Show or hide the line of ${user}`;
    toggle.append(swatch(user), name, words[index]);
    toggle.addEventListener("click", () => {
      if (!hidden.delete(user)) hidden.add(user);
      toggle.setAttribute("aria-pressed", !hidden.has(user));
      // The window is that of the users shown; what it holds may not have been read.
      refresh();
      draw();
    });
    item.append(toggle);
    return item;
  }));
}

function paint() {
  paintAxes(lineChart);
  paintShares(doughnut);
  legendOf = "";
}

/// Draws what is known now.
export function render() {
  assign(state.users.keys());
  drawShares(doughnut);
  if (lineChart) draw();
}
