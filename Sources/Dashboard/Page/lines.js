// What the line chart shows, as pure functions of what is known: everybody who looks at the same
// time at the same users sees the same lines, however long the page is open.

/// Lines drawn at once.
export const mostLines = 8;
const updatesShown = 20;
const shortest = 10_000; // ms, of a window
const longest = 31 * 86_400_000; // the daemon reads longer ones two at a time only
const mostSteps = 999; // the daemon answers with one sample more

/// Whose lines are drawn, of `rows` by rank: the first of every number of points, so that those who
/// tie take the room of one; where room is left, those who tie with them.
export function chosen(rows) {
  const points = new Set();
  const leads = rows.filter((row) => !points.has(row.points) && points.add(row.points));
  const others = rows.filter((row) => !leads.includes(row));
  const taken = new Set([...leads, ...others].slice(0, mostLines));
  return rows.filter((row) => taken.has(row));
}

/// The window of a range: `span` ms, or, without one, the last 20 updates of all these users and a
/// little before, so that the first of them is a step. `histories` by user: {samples, updates, live}.
export function windowOf(span, users, histories, now) {
  if (span) return { from: now - span, to: now };
  const begins = users.map((user) => beginOf(histories.get(user))).filter((time) => time !== null);
  const from = begins.length ? Math.min(...begins) : now - 60_000;
  return { from: Math.max(Math.min(from, now - shortest), now - longest), to: now };
}

function beginOf(history) {
  const times = [...new Set([...history?.updates ?? [], ...history?.live ?? []]
    .filter((point) => point.points !== undefined).map((point) => point.x))]
    .sort((one, other) => one - other).slice(-updatesShown);
  if (!times.length) return null;
  const gaps = times.slice(1).map((time, index) => time - times[index]);
  return times[0] - Math.min(...gaps, 60_000);
}

/// The time between two samples of a window. Moments are its multiples since 1970, so that they are
/// the same whenever the page is opened.
export const sampleStep = ({ from, to }) =>
  Math.max(1000, Math.ceil((to - from) / mostSteps / 1000) * 1000);

/// What to ask the daemon for: exactly the moments of the window, the first at or before its begin.
export function question(window) {
  const step = sampleStep(window);
  const to = Math.floor(window.to / step) * step;
  return { from: to - mostSteps * step, to };
}

/// A user's points as steps: [{x, points, earning}], one for each change, one at each end. Points
/// are null where nothing is known.
export function stepsOf(history, window) {
  const known = [...history.samples, ...history.updates, ...history.live]
    .map((point, order) => ({ ...point, order }))
    .sort((one, other) => one.x - other.x || one.order - other.order);
  const steps = [];
  const now = { points: null, earning: false };
  let next = 0;
  for (const x of moments(window)) {
    while (next < known.length && known[next].x <= x) {
      now.points = known[next].points ?? (known[next].points === null ? null : now.points);
      now.earning = known[next].earning ?? now.earning;
      next += 1;
    }
    const last = steps.at(-1);
    if (!last || x === window.to || last.points !== now.points || last.earning !== now.earning)
      steps.push({ x, ...now });
  }
  return steps;
}

function moments(window) {
  const step = sampleStep(window);
  const found = [window.from];
  for (let x = (Math.floor(window.from / step) + 1) * step; x < window.to; x += step) found.push(x);
  return [...found, window.to];
}

/// The lines of these users: by user [{x, y, points, earning}]. As `lead`, y is the difference to the
/// average of those that are known at that time.
export function linesOf(users, histories, window, measure) {
  const steps = new Map(users.filter((user) => histories.has(user)).map((user) =>
    [user, stepsOf(histories.get(user), window)]));
  if (measure !== "lead")
    return new Map([...steps].map(([user, all]) =>
      [user, all.map((step) => ({ ...step, y: step.points ?? NaN }))]));
  const times = [...new Set([...steps.values()].flat().map(({ x }) => x))].sort((a, b) => a - b);
  const spread = new Map([...steps].map(([user, all]) => [user, holdAt(all, times)]));
  const averages = times.map((_, index) => {
    const known = [...spread.values()].map((all) => all[index].points).filter((one) => one !== null);
    return known.reduce((sum, one) => sum + one, 0) / known.length;
  });
  return new Map([...spread].map(([user, all]) => [user, all.map((step, index) =>
    ({ ...step, y: step.points === null ? NaN : step.points - averages[index] }))
    .filter((step, index, line) => index === 0 || index === line.length - 1
      || !Object.is(step.y, line[index - 1].y) || step.earning !== line[index - 1].earning)]));
}

function holdAt(steps, times) {
  let index = 0;
  return times.map((x) => {
    while (index + 1 < steps.length && steps[index + 1].x <= x) index += 1;
    return { ...steps[index], x };
  });
}

/// The labels at the lines' ends, highest first: those who have the same points share one, also
/// those without a line of their own. `drawn` are the users whose lines are seen.
export function labelsOf(rows, drawn, lines) {
  const labels = new Map();
  for (const row of rows) {
    if (row.points === null) continue;
    if (!labels.has(row.points)) labels.set(row.points, { points: row.points, users: [] });
    labels.get(row.points).users.push(row.user);
  }
  return [...labels.values()].flatMap((label) => {
    const user = label.users.find((one) => drawn.includes(one));
    const last = lines.get(user)?.at(-1);
    return last && last.y === last.y ? [{ ...label, user, x: last.x, y: last.y, text: named(label.users) }] : [];
  });
}

/// "Afif", "Afif, Faiz", "Afif, Faiz +3". Names are isolated: each keeps its direction.
export function named(users) {
  const names = users.slice(0, 2).map((user) => `\u2068${user}\u2069`).join(", ");
  return users.length > 2 ? `${names} +${users.length - 2}` : names;
}
