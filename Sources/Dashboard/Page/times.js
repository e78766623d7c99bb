// Times in words: in the browser's zone or in UTC, with the zone's name. The API speaks UTC only.

let universal = localStorage.getItem("zone") === "utc";
const own = new Intl.DateTimeFormat().resolvedOptions().timeZone;
const formats = new Map();

function format(key, options) {
  const name = `${key} ${universal}`;
  if (!formats.has(name))
    formats.set(name, new Intl.DateTimeFormat(
      key === "zone" ? "en" : "sv", { timeZone: universal ? "UTC" : own, ...options }));
  return formats.get(name);
}

/// Whether times are shown in UTC.
export const isUniversal = () => universal;
export function setUniversal(value) {
  universal = value;
  localStorage.setItem("zone", value ? "utc" : "local");
}

/// "2026-01-12 14:30:00"
export const stamp = (time) =>
  format("stamp", { dateStyle: "short", timeStyle: "medium" }).format(time);
/// "14:30:00"
export const clock = (time) => stamp(time).slice(11);
/// The zone's name at that time: "UTC", "GMT+8", "EST"
export const zone = (time) => format("zone", { timeZoneName: "short" })
  .formatToParts(time).find(({ type }) => type === "timeZoneName").value;
export const stampWithZone = (time) => `${stamp(time)} ${zone(time)}`;

/// By how many ms clocks of the zone are ahead of UTC.
const offset = (time) => {
  const whole = Math.floor(time / 1000) * 1000;
  return Date.parse(`${stamp(whole).replace(" ", "T")}Z`) - whole;
};

const minute = 60_000;
const steps = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400,
  172800, 604800,
].map((seconds) => seconds * 1000);

/// Round moments of the zone from `from` to `to`, `most` at most.
export function ticks(from, to, most) {
  const ahead = offset(from);
  const step = steps.find((size) => (to - from) / size <= most) ?? steps.at(-1);
  const found = [];
  for (let time = Math.ceil((from + ahead) / step) * step - ahead; time <= to; time += step)
    found.push(time);
  return found;
}

/// A moment on an axis of that length.
export function tickLabel(time, length) {
  const text = stamp(time);
  if (length > 2880 * minute) return text.slice(5, 10);
  return length > 10 * minute ? text.slice(11, 16) : text.slice(11);
}
