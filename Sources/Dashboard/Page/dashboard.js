// The entry: takes events from live.js into the model, and has what changed drawn. All that the page
// does is fetched behind the first paint.

import { apply, setSearch, snapshot, state } from "./model.js";

const names = [
  "access", "actions", "charts", "groups", "health", "keys", "live", "servers", "summary", "times", "users",
];
const part = {}; // by name
let live;
let known = false; // a snapshot came
let due = false; // a drawing is

function showHealth() {
  // What can be pressed depends on it.
  if (part.health.showHealth(live, known) && known) draw();
}

function receive(type, data) {
  const { charts } = part;
  const was = { wanted: state.servers.get(data.user)?.wanted, away: state.database.status, late: state.late?.size };
  apply(type, data);
  if (type === "snapshot") known = true;
  // A daemon that came back may have another rule, or ended the session.
  if (type === "snapshot" && live.link !== "asking") part.access.refresh();
  if (type === "users") data.users.forEach(charts.append);
  if (type === "server" && was.wanted !== data.wanted) charts.note(data.user);
  const recovered = (type === "database" && was.away !== data.status)
    || (type === "late" && was.late && !data.users.length);
  if (recovered || ["server", "servers"].includes(type) || (type === "snapshot" && live.link !== "asking"))
    charts.refresh();
  if (type === "snapshot" && live.link === "asking") data.users.forEach(charts.append);
  if (type !== "heartbeat") draw();
  showHealth();
}

/// Draws once for all events of a frame.
function draw() {
  if (due) return;
  due = true;
  requestAnimationFrame(() => {
    due = false;
    part.summary.showStatistics();
    part.summary.showClock(known);
    // Charts first: they give each user a look.
    for (const name of ["charts", "users", "servers", "groups"]) part[name].render();
  });
}

function search(text) {
  setSearch(text);
  const address = new URL(location);
  if (text) address.searchParams.set("search", text);
  else address.searchParams.delete("search");
  history.replaceState(null, "", address);
  draw();
}

function connectZone() {
  const { isUniversal, setUniversal } = part.times;
  const choice = document.getElementById("utc");
  choice.checked = isUniversal();
  choice.addEventListener("change", () => (setUniversal(choice.checked), draw()));
}

async function start() {
  const modules = await Promise.all(names.map((name) => import(`./${name}.js`)));
  names.forEach((name, index) => (part[name] = modules[index]));
  const { access, actions, charts, groups, keys, servers, summary, users } = part;
  document.body.dataset.view = new URLSearchParams(location.search).get("view") === "class" ? "class" : "all";
  for (const one of [users, servers, charts]) one.begin();
  live = new part.live.Live(receive, snapshot);
  actions.connectChanges(() => live.nudge());
  keys.connectKeys({ onSearch: search, search: state.search });
  groups.connectGroups();
  connectZone();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => users.remark());
  document.addEventListener("visibilitychange", () => {
    showHealth();
    if (!document.hidden) access.refresh();
  });
  access.refresh();
  live.start();
  setInterval(showHealth, 250);
  setInterval(() => {
    summary.showClock(known);
    users.renderAges();
    servers.renderAges();
    charts.keepFresh();
  }, 1000);
}

// Two frames: by then the page is painted, and nothing fetched from here on was in its way.
requestAnimationFrame(() => requestAnimationFrame(start));
