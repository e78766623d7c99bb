// The table of users: rank, points and all that can be asked of a user, in one row. Only the rows
// in sight and some around them are in the page.

import { age, foundRows, isLate, now, number, parse, rankOf, span, state, statusOf } from "./model.js";
import { swatch } from "./colours.js";
import { arrange, element, make, setAttribute, setText, showName, showStatus } from "./elements.js";
import { change, makeButton, showButton } from "./verbs.js";
import { stamp, stampWithZone, zone } from "./times.js";
import { Sight } from "./sight.js";

const entries = new Map();
let sight;

export function begin() {
  sight = new Sight(element("user-rows"), render);
}

const switches = { // the buttons of a row, and which of two changes each is
  run: (status) => ["stopped", "failed"].includes(status) ? "start" : "stop",
  earn: (status) => status === "paused" ? "resume" : "pause",
  restart: () => "restart",
  reset: () => "reset",
};

function makeRow(user) {
  const cells = {};
  const row = make("tr");
  row.setAttribute("role", "row");
  for (const key of ["rank", "user", "points", "update", "server", "groups", "status", "actions"]) {
    const head = key === "user";
    const cell = cells[key] = make(head ? "th" : "td", `cell-${key}`);
    cell.setAttribute("role", head ? "rowheader" : "cell");
    if (key === "actions") cell.classList.add("changes");
    if (head) cell.scope = "row";
    row.append(cell);
  }
  const name = make("bdi", "name");
  showName(name, user);
  cells.mark = make("span", "mark-of-user");
  cells.user.append(cells.mark, name);
  cells.stamp = make("time");
  cells.age = make("span", "quiet");
  cells.update.append(cells.stamp, cells.age);
  cells.serverName = make("bdi", "name");
  cells.port = make("span", "port");
  cells.server.append(cells.serverName, cells.port);
  cells.state = make("span");
  cells.since = make("span", "quiet");
  cells.status.append(cells.state, cells.since);
  const buttons = {};
  for (const [key, verbOf] of Object.entries(switches))
    cells.actions.append(buttons[key] = makeButton("", "", (pressed) =>
      change(verbOf(statusOf(user)), user, pressed)));
  row.addEventListener("click", () => choose(user));
  row.addEventListener("focusin", () => choose(user));
  return { row, cells, buttons, points: undefined };
}

function updateRow(entry, user, index) {
  const { row, cells, buttons } = entry;
  const server = state.servers.get(user.user);
  const status = statusOf(user.user);
  setAttribute(row, "aria-rowindex", String(index + 2));
  if (user.user === state.chosen) setAttribute(row, "aria-current", "true");
  else row.removeAttribute("aria-current");
  row.dataset.status = status;
  setText(cells.rank, rankOf(user.user));
  if (entry.points !== user.points) showPoints(entry, user.points);
  const time = user.datetime_stamp ? parse(user.datetime_stamp) : null;
  setText(cells.stamp, time === null ? "never" : stamp(time));
  if (time !== null) {
    setAttribute(cells.stamp, "datetime", new Date(time).toISOString());
    setAttribute(cells.stamp, "title", stampWithZone(time));
  }
  showName(cells.serverName, server?.name ?? "–");
  setText(cells.port, server ? `:${server.port}` : "");
  setText(cells.groups, server?.groups.join(", ") || "–");
  showStatus(cells.state, status, isLate(user.user));
  for (const [key, verbOf] of Object.entries(switches))
    showButton(buttons[key], verbOf(status), user.user, status);
}

function showPoints(entry, points) {
  const gained = entry.points == null ? 0 : points - entry.points;
  entry.points = points;
  const change = make("span", "change", gained > 0 ? `+${number(gained)}` : "");
  change.setAttribute("aria-hidden", "true");
  entry.cells.points.replaceChildren(change, make("span", "value", points == null ? "–" : number(points)));
}

/// Chooses whom keys start and pause.
export function choose(user) {
  if (state.chosen === user) return;
  entries.get(state.chosen)?.row.removeAttribute("aria-current");
  state.chosen = user;
  const row = entries.get(user)?.row;
  if (row) setAttribute(row, "aria-current", "true");
}

/// Chooses the next user by rank, or the one before.
export function step(by) {
  const rows = foundRows();
  if (!rows.length) return;
  const at = rows.findIndex((row) => row.user === state.chosen);
  const next = at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(Math.max(at + by, 0), rows.length - 1);
  choose(rows[next].user);
  sight.show(next);
  entries.get(state.chosen)?.row.scrollIntoView({ block: "nearest" });
}

/// Writes what changed.
export function render() {
  const rows = foundRows();
  const { first, last } = sight.range(rows.length);
  const seen = rows.slice(first, last);
  arrange(element("user-rows"), entries, seen.map((row) => row.user), makeRow, sight.below);
  seen.forEach((row, index) => updateRow(entries.get(row.user), row, first + index));
  sight.pad(rows.length, [...entries.values()][0]?.row);
  setAttribute(element("user-table"), "aria-rowcount", String(rows.length + 1));
  setText(element("zone-of-table"), zone(now()));
  const none = `Nobody matches “${state.search}”.`;
  const empty = "No user is configured. Add one to the configuration file, then say: pointsctl reload";
  setText(element("users-message"), rows.length ? "" : state.users.size ? none : empty);
  setText(element("found"),
    state.search.trim() ? `${rows.length} of ${state.users.size}` : `${state.users.size}`);
  mark();
  renderAges();
}

let marked = "";

/// Draws the users' marks; again after `remark`, when the colours changed.
function mark() {
  for (const [user, { cells }] of entries)
    if (cells.mark.dataset.marked !== marked) {
      cells.mark.dataset.marked = marked;
      cells.mark.replaceChildren(swatch(user));
    }
}
export function remark() {
  marked += "·";
  mark();
}

/// Writes what changes with the clock alone.
export function renderAges() {
  for (const [user, { cells }] of entries) {
    setText(cells.age, age(state.users.get(user)?.datetime_stamp));
    const since = state.servers.get(user)?.since;
    setText(cells.since, since ? `for ${span(now() - parse(since))}` : "");
  }
}
