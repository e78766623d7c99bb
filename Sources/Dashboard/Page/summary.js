// The four figures, and the times in the header.

import { now, number, parse, ranked, span, state } from "./model.js";
import { element, setText } from "./elements.js";
import { clock, stamp, zone } from "./times.js";

/// total, average, maximum, minimum with those who have them; null where no points are known.
function statistics() {
  const rows = ranked().filter((row) => row.points != null);
  if (!rows.length) return null;
  const total = rows.reduce((sum, row) => sum + row.points, 0);
  const extreme = ({ points }) =>
    ({ points, users: rows.filter((row) => row.points === points).map((row) => row.user) });
  return {
    total, average: total / rows.length, count: rows.length,
    maximum: extreme(rows[0]), minimum: extreme(rows.at(-1)),
  };
}

/// When any user's row last changed, in ms since 1970; null where none did.
function lastUpdate() {
  let last = "";
  for (const { datetime_stamp } of state.users.values())
    if (datetime_stamp > last) last = datetime_stamp;
  return last ? parse(last) : null;
}

/// Who has as many: "Afif", "Afif, Faiz +3", "all 30 equal".
function holders(users, count) {
  if (users.length > 1 && users.length === count) return `all ${number(count)} equal`;
  return users.slice(0, 2).map((user) => `\u2068${user}\u2069`).join(", ")
    + (users.length > 2 ? ` +${users.length - 2}` : "");
}

function showFigure(id, value) {
  const text = value === undefined ? "–" : number(value);
  setText(element(id), text);
  // Long numbers are written smaller: none is cut.
  element(id).dataset.length = text.length > 15 ? "huge" : text.length > 10 ? "long" : "";
}

export function showStatistics() {
  const numbers = statistics();
  showFigure("total", numbers?.total);
  showFigure("average", numbers?.average);
  const count = state.users.size;
  setText(element("total-note"), `${number(count)} ${count === 1 ? "user" : "users"}`);
  setText(element("average-note"), "per user");
  for (const key of ["maximum", "minimum"]) {
    showFigure(key, numbers?.[key].points);
    setText(element(`${key}-note`), numbers ? holders(numbers[key].users, numbers.count) : "no user");
  }
}

export function showClock(known) {
  const last = lastUpdate();
  setText(element("clock"), known ? clock(now()) : "–");
  setText(element("zone"), zone(now()));
  if (last === null) return;
  const text = stamp(last);
  const isToday = text.slice(0, 10) === stamp(now()).slice(0, 10);
  setText(element("last-update"), isToday ? text.slice(11) : text);
  setText(element("last-update-age"), `${span(now() - last)} ago`);
}
