// What the page knows, how events change it, and the words for it. No element is touched here.

/// The last known state. `late` is null where it cannot be known (the page has to ask).
export const state = {
  users: new Map(), // by user name: {user, points, datetime_stamp}
  servers: new Map(), // by user name: as in /api/servers
  database: { status: "unknown" },
  late: null, // a Set of user names
  configuration: null, // {status, since, reason}; null where it cannot be known
  access: null, // "change" or "read", once it is known
  unable: "", // why nothing can be changed now
  chosen: null, // the user whom keys start and pause
  knownUntil: null, // ms since 1970; null while the daemon and its database are heard
  search: new URLSearchParams(location.search).get("search") ?? "",
};

let ahead = 0; // ms by which the daemon's clock is ahead of the browser's

/// The daemon's time now, in ms since 1970.
export const now = () => Date.now() + ahead;
/// A stamp of the API, YYYY-MM-DD HH:MM:SS in UTC, in ms since 1970; NaN for none.
export const parse = (stamp) => Date.parse(`${stamp?.replace(" ", "T")}Z`);
export const stampOf = (time) => new Date(time).toISOString().slice(0, 19).replace("T", " ");

/// Applies an event of /api/events.
export function apply(type, data) {
  order = found = null;
  if (data.timestamp) setClock(parse(data.timestamp));
  if (data.servers) {
    state.servers = new Map(data.servers.map((server) => [server.user, server]));
    // Users come and go; one whose points were not read yet is a user still.
    const rows = type === "snapshot" ? new Map(data.users.map((row) => [row.user, row])) : state.users;
    state.users = new Map(
      [...state.servers.keys()].map((user) => [user, rows.get(user) ?? { user, points: null }]));
  }
  if (type === "snapshot") {
    state.database = { stale: data.stale_seconds, heard: now(), ...data.database };
    state.late = data.late && new Set(data.late);
    state.configuration = data.configuration ?? null;
  } else if (type === "users") {
    for (const row of data.users) state.users.set(row.user, row);
  } else if (type === "server") state.servers.set(data.user, data);
  else if (type === "database") state.database = data;
  else if (type === "configuration") state.configuration = data;
  else if (type === "late") state.late = new Set(data.users);
}

/// What is known, as a snapshot event, for another tab.
export function snapshot() {
  return {
    timestamp: stampOf(now()), users: [...state.users.values()],
    servers: [...state.servers.values()], database: state.database,
    late: state.late && [...state.late], configuration: state.configuration, stale_seconds: state.database.stale ?? null,
  };
}

// Stamps have whole seconds: only a difference that cannot come from that moves the clock.
function setClock(time) {
  const difference = time + 500 - Date.now() - ahead;
  if (Math.abs(difference) > 1500) ahead += difference;
}

// As people count: user2 before user10.
const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
const byName = (one, other) =>
  collator.compare(one.user, other.user) || (one.user < other.user ? -1 : 1);
const points = (row) => row.points ?? -1;
let order = null; // {rows, ranks}; null where it must be made again, as is `found`
let found = null;

function ordered() {
  if (order) return order;
  const rows = [...state.users.values()].sort((one, other) =>
    points(other) - points(one) || byName(one, other));
  const ranks = new Map();
  rows.forEach((row, index) => ranks.set(
    row.user, index && points(rows[index - 1]) === points(row) ? ranks.get(rows[index - 1].user) : index + 1));
  return (order = { rows, ranks });
}

/// The users by rank; equal points keep the order of names, so that rows do not dance.
export const ranked = () => ordered().rows;
/// A user's rank. Ties share one, and those behind them are as many ranks lower.
export const rankOf = (user) => ordered().ranks.get(user);

export function setSearch(text) {
  state.search = text;
  found = null;
}

/// The rows searched for, by rank.
export const foundRows = () => (found ??= ranked().filter((row) => matches(row.user)));

/// Whether a user is searched for: by name, server, port or group.
function matches(user) {
  const server = state.servers.get(user);
  const words = [user, server?.name, server?.port, ...(server?.groups ?? [])];
  const search = state.search.trim().toLowerCase();
  return !search || words.some((word) => String(word ?? "").toLowerCase().includes(search));
}

/// How a user's server stands: "running", … or "unknown".
export const statusOf = (user) => state.servers.get(user)?.status ?? "unknown";
export const isLate = (user) => state.late?.has(user) ?? false;

const statuses = ["running", "paused", "starting", "backing off", "failed", "stopped", "unknown"];

/// Statuses counted: "3 running, 1 paused, 1 failed"
export function countedInWords(counted) {
  const counts = new Map(statuses.map((status) => [status, 0]));
  for (const status of counted) counts.set(status, (counts.get(status) ?? 0) + 1);
  const parts = [...counts].filter(([, count]) => count).map(([word, count]) => `${count} ${word}`);
  return parts.join(", ");
}

/// All users' statuses, and how many are late.
export function inWords() {
  const parts = [countedInWords([...state.users.keys()].map(statusOf))];
  if (state.late?.size) parts.push(`${state.late.size} late`);
  return parts.filter(Boolean).join(", ") || "no users";
}

const grouped = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
export const number = (value) => grouped.format(value);

/// "12 s", "3 min", "2 h", "5 d"
export function span(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 100) return `${seconds} s`;
  if (seconds < 6000) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86400)} d`;
}
export const age = (stamp) => (stamp ? `${span(now() - parse(stamp))} ago` : "");
