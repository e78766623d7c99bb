// The entry: takes events from live.js into the model, and shows the header, the banner and the
// statistics. What else the page shows is fetched behind the first paint.

import {
  age, apply, inWords, isLate, lastUpdate, now, number, parse, snapshot, span, stampOf, state, statistics,
  statusOf,
} from "./model.js";

const element = (id) => document.getElementById(id);
const setText = (id, text) => {
  if (element(id).textContent !== text) element(id).textContent = text;
};
let live, tables, charts, actions, groups, access;
let known = false; // a snapshot came
let due = false; // a drawing is

// Health: what is known to be well, and what is not

/// "connecting", "lost" (the daemon), "database" (the daemon lost it), "late", "rejected" (a
/// reload was), "well", or "unsure" where nothing says whether ticks are late: then nothing is green.
function health() {
  if (live.lost) return "lost";
  if (live.link === "connecting" || !known) return "connecting";
  if (state.database.status !== "available") return "database";
  if (state.late?.size) return "late";
  if (state.configuration?.status === "rejected") return "rejected";
  return state.late ? "well" : "unsure";
}

const faults = {
  lost: {
    title: "Daemon lost.", shape: "lost", word: "No connection",
    text: () => known
      ? "pointsd does not answer this page; everything below is the last known. Trying again."
      : "pointsd does not answer this page. Trying again.",
    age: () => `Silent for ${span(performance.now() - live.heard)}.`,
  },
  database: {
    title: "Database lost.", shape: "database", word: "Database away",
    text: () => "pointsd runs, but its database does not answer. Points below are the last known, "
      + "and nothing can be changed until it is back.",
    detail: () => state.database.reason,
    age: () => state.database.since
      ? `Away for ${span(now() - parse(state.database.since))}.`
      : state.database.stale == null ? ""
      : `Points are ${span(state.database.stale * 1000 + now() - state.database.heard)} old.`,
  },
  late: {
    title: "Ticks are late.", shape: "late", word: "Late",
    text: () => `${names([...state.late])} should have earned points by now; the points below may be behind.`,
    age: () => "",
  },
  rejected: {
    title: "Reload refused.", shape: "late", word: "Reload refused",
    text: () => "The changed configuration file was not taken over; everything goes on as before. "
      + "Mend the file and reload again.",
    detail: () => state.configuration.reason,
    age: () => `Refused ${age(state.configuration.since)}.`,
  },
};
const names = (all) => all.length > 4
  ? `${all.slice(0, 3).join(", ")} and ${all.length - 3} others` : all.join(", ");

function showHealth() {
  const condition = health();
  const fault = faults[condition];
  document.body.dataset.health = condition;
  state.knownUntil = condition === "lost" ? now() - (performance.now() - live.heard)
    : condition === "database" ? parse(state.database.since) || state.database.heard || null : null;
  element("main").setAttribute("aria-busy", !known);
  element("banner").hidden = !fault;
  if (fault) {
    element("banner-shape").setAttribute("href", `#shape-${fault.shape}`);
    setText("banner-title", fault.title);
    setText("banner-text", fault.text());
    setText("banner-age", fault.age());
    setText("banner-detail", fault.detail?.() ?? "");
  }
  // Said once by screen readers; the age would be said every second.
  setText("announcement", fault ? `${fault.title} ${fault.text()}` : "");
  showLink(condition);
  showSummary(condition, fault);
}

const links = {
  connecting: ["unknown", "Connecting"], lost: ["lost", "No connection"],
  asking: ["waiting", "No stream: asking every 5 s"], live: ["live", "Live"],
};

function showLink(condition) {
  const link = condition === "lost" || condition === "connecting" ? condition : live.link;
  const [shape, word] = links[link];
  element("link").dataset.link = link;
  element("link").querySelector("use").setAttribute("href", `#shape-${shape}`);
  setText("link-word", word);
}

function showSummary(condition, fault) {
  const words = inWords();
  const unsure = condition === "lost" || condition === "connecting";
  setText("summary", !known ? "Asking the daemon…" : unsure ? `Last known: ${words}` : words);
  document.title = document.hidden ? "Points" : `${fault?.word ?? (unsure ? "Connecting" : words)} – Points`;
  const trouble = [...state.users.keys()].some((user) =>
    isLate(user) || !["running", "paused", "stopped"].includes(statusOf(user)));
  showIcon(document.hidden ? "unsure" : condition === "rejected" || (condition === "well" && trouble) ? "late" : condition);
}

const icons = {
  unsure: ["8794a3", "<circle cx='8' cy='8' r='6'/>"],
  well: ["1f9d61", "<circle cx='8' cy='8' r='7'/><path d='M4.500 8l2.500 2.600L11.500 5.500' fill='none' stroke='white' stroke-width='2'/>"],
  late: ["d18b00", "<path d='M8 1 15.500 15H.5z'/>"],
  database: ["c9302c", "<path d='M2 2h12v12H2z'/>"],
  lost: ["c9302c", "<path d='M2 5 5 2l3 3 3-3 3 3-3 3 3 3-3 3-3-3-3 3-3-3 3-3z'/>"],
};

function showIcon(name) {
  const [colour, drawing] = icons[name] ?? icons.unsure;
  const picture = `<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16' fill='#${colour}'>${drawing}</svg>`;
  const address = `data:image/svg+xml,${encodeURIComponent(picture)}`;
  if (element("icon").href !== address) element("icon").href = address;
}

// Statistics and clock

function showStatistics() {
  const numbers = statistics();
  const of = (row) => (row ? row.user : "no user");
  setText("total", numbers ? number(numbers.total) : "–");
  setText("total-note", `${number(state.users.size)} ${state.users.size === 1 ? "user" : "users"}`);
  setText("average", numbers ? number(numbers.average) : "–");
  setText("average-note", "per user");
  for (const key of ["maximum", "minimum"]) {
    setText(key, numbers ? number(numbers[key].points) : "–");
    setText(`${key}-note`, of(numbers?.[key]));
  }
}

function showClock() {
  const last = lastUpdate();
  setText("clock", known ? stampOf(now()).slice(11) : "–");
  if (last === null) return;
  const stamp = stampOf(last);
  setText("last-update", stamp.slice(0, 10) === stampOf(now()).slice(0, 10) ? stamp.slice(11) : stamp);
  setText("last-update-age", `${span(now() - last)} ago`);
}

// Events

function receive(type, data) {
  const was = { wanted: state.servers.get(data.user)?.wanted, away: state.database.status, late: state.late?.size };
  apply(type, data);
  if (type === "snapshot") known = true;
  // A daemon that came back may have another rule, or ended the session.
  if (type === "snapshot" && live.link !== "asking") access.refresh();
  if (type === "users") data.users.forEach(charts.append);
  if (type === "server" && was.wanted !== data.wanted) charts.note(data.user);
  const recovered = (type === "database" && was.away !== data.status)
    || (type === "late" && was.late && !data.users.length);
  if (type === "servers") charts.refresh();
  if (recovered || type === "server" || (type === "snapshot" && live.link !== "asking"))
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
    showStatistics();
    showClock();
    charts.render();
    tables.render();
    groups.render();
  });
}

function search(text) {
  state.search = text;
  const address = new URL(location);
  if (text) address.searchParams.set("search", text);
  else address.searchParams.delete("search");
  history.replaceState(null, "", address);
  draw();
}

async function start() {
  const { Live } = await import("./live.js");
  [tables, charts, actions, groups, access] = await Promise.all(
    ["tables", "charts", "actions", "groups", "access"].map((name) => import(`./${name}.js`)));
  charts.begin();
  live = new Live(receive, snapshot);
  actions.connect({ onChange: () => live.nudge(), onSearch: search, search: state.search });
  groups.connect();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => tables.remark());
  document.addEventListener("visibilitychange", () => {
    showHealth();
    if (!document.hidden) access.refresh();
  });
  access.refresh();
  live.start();
  setInterval(showHealth, 250);
  setInterval(() => {
    showClock();
    tables.renderAges();
    charts.keepFresh();
  }, 1000);
}

// Two frames: by then the page is painted, and nothing fetched from here on was in its way.
requestAnimationFrame(() => requestAnimationFrame(start));
