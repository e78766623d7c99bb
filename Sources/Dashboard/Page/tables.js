// The table of users and the cards of servers. Rows are kept and only what changed is written,
// so that focus and selection stay. Names reach the page as text only, never as markup.

import { age, isLate, now, number, parse, ranked, sought, span, state, statusOf } from "./model.js";
import { swatch } from "./colours.js";
import { act } from "./actions.js";

const element = (id) => document.getElementById(id);
const shapes = { "backing off": "waiting", unknown: "unknown" };
const userRows = new Map();
const serverCards = new Map();

function make(tag, className, ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

export function setText(target, text) {
  if (target.textContent !== String(text)) target.textContent = text;
}

function shape(name) {
  const drawing = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#shape-${name}`);
  drawing.setAttribute("aria-hidden", "true");
  drawing.append(use);
  return drawing;
}

/// Shape and word for a status; made again only when it changes.
function showStatus(target, status, late) {
  if (target.dataset.status === status && target.dataset.late === String(late)) return;
  target.dataset.status = status;
  target.dataset.late = late;
  const words = [make("span", "status", shape(shapes[status] ?? status), status)];
  words[0].dataset.status = status;
  if (late) {
    words.push(make("span", "status", shape("late"), "late"));
    words[1].dataset.status = "late";
  }
  target.replaceChildren(...words);
}

function button(text, label, pressed) {
  const made = make("button", "btn btn-sm btn-plain", text);
  made.type = "button";
  made.setAttribute("aria-label", label);
  made.addEventListener("click", () => pressed(made));
  return made;
}

// Users

function makeUserRow(user) {
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
  const name = make("span", "name", user);
  name.title = user;
  cells.mark = make("span", "mark-of-user");
  cells.user.append(cells.mark, name);
  cells.stamp = make("time");
  cells.age = make("span", "quiet");
  cells.update.append(cells.stamp, cells.age);
  cells.state = make("span");
  cells.since = make("span", "quiet");
  cells.status.append(cells.state, cells.since);
  cells.pause = button("Pause", `Pause ${user}`, (pressed) =>
    act(pressed, "users", user, statusOf(user) === "paused" ? "resume" : "pause"));
  cells.actions.append(cells.pause, button("Reset…", `Reset the points of ${user}`, (pressed) =>
    act(pressed, "users", user, "reset")));
  return { row, cells, points: undefined };
}

function updateUserRow(entry, user, rank) {
  const { cells } = entry;
  const server = state.servers.get(user.user);
  const status = statusOf(user.user);
  setText(cells.rank, rank);
  if (entry.points !== user.points) showPoints(entry, user.points);
  setText(cells.stamp, user.datetime_stamp ?? "never");
  setText(cells.server, server ? `${server.name}:${server.port}` : "–");
  setText(cells.groups, server?.groups.join(", ") || "–");
  showStatus(cells.state, status, isLate(user.user));
  const paused = status === "paused";
  setText(cells.pause, paused ? "Resume" : "Pause");
  cells.pause.setAttribute("aria-label", `${paused ? "Resume" : "Pause"} ${user.user}`);
  cells.pause.disabled = !paused && status !== "running";
}

function showPoints(entry, points) {
  const gained = entry.points == null ? 0 : points - entry.points;
  entry.points = points;
  const change = make("span", "change", gained > 0 ? `+${number(gained)}` : "");
  change.setAttribute("aria-hidden", "true");
  entry.cells.points.replaceChildren(change, make("span", "value", points == null ? "–" : number(points)));
}

// Servers

function makeServerCard(user) {
  const parts = {};
  const card = make("li", "tile server");
  const facts = make("dl");
  parts.title = make("h3");
  parts.status = make("p", "server-status");
  for (const key of ["user", "port", "connections", "requests", "uptime"]) {
    parts[key] = make("dd");
    parts[`${key}-name`] = make("dt", "", key[0].toUpperCase() + key.slice(1));
    facts.append(make("div", "", parts[`${key}-name`], parts[key]));
  }
  parts.reason = make("p", "quiet");
  parts.error = make("p", "error");
  parts.actions = make("p", "server-actions changes");
  for (const verb of ["start", "stop", "restart"]) {
    const word = verb[0].toUpperCase() + verb.slice(1);
    parts[verb] = button(word, "", (pressed) =>
      act(pressed, "servers", state.servers.get(user).name, verb));
    parts.actions.append(parts[verb]);
  }
  const head = make("div", "server-head", parts.title, parts.status);
  card.append(head, facts, parts.reason, parts.error, parts.actions);
  return { row: card, parts };
}

function updateServerCard({ parts }, server) {
  setText(parts.title, server.name);
  showStatus(parts.status, server.status, false);
  setText(parts.user, server.user);
  for (const key of ["connections", "requests"]) setText(parts[key], number(server[key]));
  setText(parts.port, server.port);
  setText(parts.reason, server.reason ?? "");
  setText(parts.error, server.last_error ? `Last error: ${server.last_error}` : "");
  const up = server.status === "running" || server.status === "paused";
  setText(parts["uptime-name"], up ? "Uptime" : "Since");
  for (const verb of ["start", "stop", "restart"])
    parts[verb].setAttribute("aria-label", `${parts[verb].textContent} ${server.name}`);
  parts.start.hidden = server.status !== "stopped" && server.status !== "failed";
  parts.stop.hidden = server.status === "stopped";
}

// Both

/// Shows these keys in this order, and no others. Moves only what is out of place.
function arrange(parent, entries, keys, create) {
  const wanted = new Set(keys);
  for (const [key, entry] of entries)
    if (!wanted.has(key)) {
      entry.row.remove();
      entries.delete(key);
    }
  let next = parent.firstElementChild;
  for (const key of keys) {
    if (!entries.has(key)) entries.set(key, create(key));
    const { row } = entries.get(key);
    if (row === next) next = next.nextElementSibling;
    else {
      const focused = row.contains(document.activeElement) ? document.activeElement : null;
      parent.insertBefore(row, next);
      focused?.focus({ preventScroll: true });
    }
  }
}

/// Writes what changed.
export function render() {
  const rows = ranked();
  const found = rows.map((user, index) => [user, index + 1]).filter(([user]) => sought(user.user));
  arrange(element("user-rows"), userRows, found.map(([user]) => user.user), makeUserRow);
  for (const [user, rank] of found) updateUserRow(userRows.get(user.user), user, rank);
  const servers = [...state.servers.values()].filter((server) => sought(server.user));
  arrange(element("servers"), serverCards, servers.map((server) => server.user), makeServerCard);
  for (const server of servers) updateServerCard(serverCards.get(server.user), server);
  showMessages(rows.length, found.length, servers.length);
  mark();
  renderAges();
}

function showMessages(users, found, servers) {
  const none = `Nobody matches “${state.search}”.`;
  const empty = "No user is configured. Add one to the configuration file, then say: pointsctl reload";
  setText(element("users-message"), found ? "" : users ? none : empty);
  setText(element("servers-message"), servers ? "" : state.servers.size ? none : "No servers yet.");
  setText(element("found"), state.search.trim() ? `${found} of ${users}` : `${users}`);
}

let marked = "";

/// Draws the users' marks; again after `remark`, when the colours changed.
function mark() {
  for (const [user, { cells }] of userRows)
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
  for (const [user, { cells }] of userRows) {
    setText(cells.age, age(state.users.get(user).datetime_stamp));
    const since = state.servers.get(user)?.since;
    setText(cells.since, since ? `for ${span(now() - parse(since))}` : "");
  }
  for (const [user, { parts }] of serverCards)
    setText(parts.uptime, span(now() - parse(state.servers.get(user).since)));
}
