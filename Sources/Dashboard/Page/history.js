// What is known of users' points over time: read from the ledger, and between two readings what
// came as events. By user {samples, updates, live}, each [{x: ms, points, earning}], oldest first:
// the samples of the window, the last updates to the second, and what was heard since.

import { now, parse, stampOf, state } from "./model.js";
import { question, windowOf } from "./lines.js";

const updates = 20;
const histories = new Map();
let reading = 0; // the number of the last reading: an answer to an older one is dropped

/// What is known, by user.
export const known = () => histories;
export const forget = () => histories.clear();

/// Whether a user earns: what is wanted counts, a busy port does not keep anybody from earning.
const earns = (user) => state.servers.get(user)?.wanted === "running";

/// Reads the history of these users, as far as the window of `shown` goes back. False where a later
/// reading took over.
export async function read(users, shown, span) {
  const own = (reading += 1);
  const found = new Map();
  const lists = await Promise.all(users.map((user) => ask(user, { updates })));
  users.forEach((user, index) =>
    found.set(user, { samples: [], updates: lists[index].map(withoutEarning), live: [] }));
  const { from, to } = question(windowOf(span, shown, found, now()));
  const samples = await Promise.all(
    users.map((user) => ask(user, { from: stampOf(from), to: stampOf(to) })));
  if (own !== reading) return false;
  users.forEach((user, index) => {
    const history = found.get(user);
    history.samples = samples[index];
    // What came while the daemon answered is newer than its answer.
    history.live = (histories.get(user)?.live ?? []).filter(({ x }) => x > to);
    histories.set(user, history);
    append(state.users.get(user));
  });
  return true;
}

/// An update says what was credited, not whether its user earned afterwards; samples do.
const withoutEarning = ({ x, points }) => ({ x, points });

async function ask(user, query) {
  const path = `/api/users/${encodeURIComponent(user)}/history?${new URLSearchParams(query)}`;
  const answer = await fetch(path, { signal: AbortSignal.timeout(10_000) });
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.error);
  return body.data.map(({ datetime_stamp, points, earning }) =>
    ({ x: parse(datetime_stamp), points, earning: earning ?? points !== null }));
}

/// Adds a row that a tick or a change gave.
export function append(row) {
  const history = row?.datetime_stamp && histories.get(row.user);
  if (!history) return;
  const point = { x: parse(row.datetime_stamp), points: row.points };
  const last = history.live.findLast((one) => one.points !== undefined) ?? history.updates.at(-1)
    ?? history.samples.at(-1);
  if (last && (point.x < last.x || (point.x === last.x && point.points === last.points))) return;
  insert(history.live, point);
}

/// Notes that a user began or ceased to earn now.
export function note(user) {
  const history = histories.get(user);
  if (history) insert(history.live, { x: now(), earning: earns(user) });
}

const kept = 2000; // events; the ledger is read again long before

function insert(live, point) {
  const after = live.findLastIndex(({ x }) => x <= point.x);
  live.splice(after + 1, 0, point);
  if (live.length > kept) live.shift();
}
