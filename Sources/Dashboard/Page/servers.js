// The cards of servers: what a server does for its user. Folded away where there are many.

import { foundRows, now, number, parse, span, state } from "./model.js";
import { arrange, element, make, setText, showName, showStatus } from "./elements.js";
import { change, makeButton, showButton } from "./verbs.js";

const openUpTo = 20; // servers; more are folded away until a click opens them
const batch = 60;
const entries = new Map();
let shownAtMost = batch;
let touched = false; // a click opened or folded them

export function begin() {
  const fold = element("servers-fold");
  fold.addEventListener("toggle", () => render());
  fold.querySelector("summary").addEventListener("click", () => (touched = true));
  element("more-servers").addEventListener("click", () => {
    shownAtMost += batch;
    render();
  });
}

function makeCard(user) {
  const parts = {};
  const card = make("li", "tile server");
  const facts = make("dl");
  parts.title = make("bdi", "name");
  parts.status = make("p", "server-status");
  for (const key of ["user", "port", "connections", "requests", "since"]) {
    parts[key] = make("dd");
    parts[`${key}-name`] = make("dt", "", key[0].toUpperCase() + key.slice(1));
    facts.append(make("div", "", parts[`${key}-name`], parts[key]));
  }
  parts.userName = make("bdi");
  parts.user.append(parts.userName);
  parts.reason = make("p", "quiet");
  parts.error = make("p", "error");
  parts.actions = make("p", "server-actions changes");
  for (const verb of ["start", "stop", "restart"])
    parts.actions.append(parts[verb] = makeButton("", "", (pressed) => change(verb, user, pressed)));
  const head = make("div", "server-head", make("h3", "", parts.title), parts.status);
  card.append(head, facts, parts.reason, parts.error, parts.actions);
  return { row: card, parts };
}

const capital = (word) => word[0].toUpperCase() + word.slice(1);

function updateCard({ parts }, server) {
  showName(parts.title, server.name);
  showStatus(parts.status, server.status, false);
  showName(parts.userName, server.user);
  for (const key of ["connections", "requests"]) setText(parts[key], number(server[key]));
  setText(parts.port, server.port);
  setText(parts.reason, server.reason ?? "");
  setText(parts.error, server.last_error ? `Last error: ${server.last_error}` : "");
  setText(parts["since-name"], `${capital(server.status)} for`);
  for (const verb of ["start", "stop", "restart"])
    showButton(parts[verb], verb, server.name, server.status);
  const down = server.status === "stopped" || server.status === "failed";
  parts.start.hidden = !down;
  parts.stop.hidden = server.status === "stopped";
}

/// Writes what changed.
export function render() {
  const fold = element("servers-fold");
  if (!touched && state.servers.size) fold.open = state.servers.size <= openUpTo;
  setText(element("servers-count"), number(state.servers.size));
  const servers = foundRows().map((row) => state.servers.get(row.user)).filter(Boolean)
    .sort((one, other) => place(one) - place(other));
  const shown = fold.open ? servers.slice(0, shownAtMost) : [];
  arrange(element("servers"), entries, shown.map((server) => server.user), makeCard);
  for (const server of shown) updateCard(entries.get(server.user), server);
  element("more-servers").hidden = !fold.open || servers.length <= shown.length;
  setText(element("more-servers"), `Show more: ${shown.length} of ${servers.length} are shown`);
  const none = `Nobody matches “${state.search}”.`;
  setText(element("servers-message"), servers.length ? "" : state.servers.size ? none : "No servers yet.");
  renderAges();
}

let placesOf, places;

/// In the order of the configuration.
function place(server) {
  if (placesOf !== state.servers) {
    placesOf = state.servers;
    places = new Map([...state.servers.keys()].map((user, index) => [user, index]));
  }
  return places.get(server.user);
}

/// Writes what changes with the clock alone.
export function renderAges() {
  for (const [user, { parts }] of entries)
    if (state.servers.has(user)) setText(parts.since, span(now() - parse(state.servers.get(user).since)));
}
