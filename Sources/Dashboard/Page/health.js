// What is well, and what is not: the banner, the link, the words, the title and the icon.

import {
  age, inWords, isLate, now, parse, span, state, statusOf,
} from "./model.js";
import { element, setText } from "./elements.js";
import { endNotices } from "./notices.js";

/// "connecting", "lost" (the daemon), "database" (the daemon lost it), "late", "rejected" (a
/// reload was), "well", or "unsure" where nothing says whether ticks are late: then nothing is green.
function health(live, known) {
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
    text: (known) => known
      ? "pointsd does not answer this page; everything below is the last known. Trying again."
      : "pointsd does not answer this page. Trying again.",
    age: (live) => `Silent for ${span(performance.now() - live.heard)}.`,
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
    text: () => inOneLine(state.configuration.reason),
    detail: () => state.configuration.reason
      && `Everything goes on as before. Mend the file and reload again.\n${state.configuration.reason}`,
    age: () => `Refused ${age(state.configuration.since)}.`,
  },
};
const names = (all) => all.length > 4
  ? `${all.slice(0, 3).join(", ")} and ${all.length - 3} others` : all.join(", ");

/// The first fault of a configuration file, without the file's path, and how many more there are:
/// "users[0]: unknown key; and 199 more: pointsctl plan".
function inOneLine(reason) {
  if (!reason) return "The changed configuration file was not taken over.";
  const lines = reason.split("\n").filter(Boolean);
  const omitted = /: and (\d+) more$/.exec(lines.at(-1));
  const more = lines.length - 1 + (omitted ? Number(omitted[1]) - 1 : 0);
  const first = lines[0].replace(/^.*?:\d+:\d+: /, "").replace(/^\/\S*: /, "");
  return more ? `${first.split("; ")[0]}; and ${more} more: pointsctl plan` : first;
}

const unable = {
  lost: "The daemon does not answer.", connecting: "The daemon does not answer yet.",
  database: "The database is away: nothing can be changed until it is back.",
};

/// Shows how things are; `known` says whether a snapshot came.
export function showHealth(live, known) {
  const condition = health(live, known);
  const fault = faults[condition];
  document.body.dataset.health = condition;
  // Nothing is known of the time in which nobody was heard.
  state.knownUntil = condition === "lost" ? now() - (performance.now() - live.heard)
    : condition === "database" ? parse(state.database.since) || state.database.heard || null : null;
  const before = state.unable;
  state.unable = unable[condition] ?? "";
  element("main").setAttribute("aria-busy", !known);
  element("banner").hidden = !fault;
  if (fault) {
    element("banner-shape").setAttribute("href", `#shape-${fault.shape}`);
    setText(element("banner-title"), fault.title);
    setText(element("banner-text"), fault.text(known));
    setText(element("banner-age"), fault.age(live));
    setText(element("banner-detail"), fault.detail?.() ?? "");
    element("banner-details").hidden = !fault.detail?.();
  }
  // Said once by screen readers; the age would be said every second.
  setText(element("announcement"), fault ? `${fault.title} ${fault.text(known)}` : "");
  showLink(condition, live);
  showSummary(condition, fault, known);
  endNotices();
  return before !== state.unable;
}

const links = {
  connecting: ["unknown", "Connecting"], lost: ["lost", "No connection"],
  database: ["database", "Database away"],
  asking: ["waiting", "No stream: asking every 5 s"], live: ["live", "Live"],
};

function showLink(condition, live) {
  const link = ["lost", "connecting", "database"].includes(condition) ? condition : live.link;
  const [drawing, word] = links[link];
  element("link").dataset.link = link;
  element("link").querySelector("use").setAttribute("href", `#shape-${drawing}`);
  setText(element("link-word"), word);
}

function showSummary(condition, fault, known) {
  const words = inWords();
  const unsure = condition === "lost" || condition === "connecting";
  setText(element("summary"), !known ? "Asking the daemon…" : unsure ? `Last known: ${words}` : words);
  const title = document.hidden ? "Points"
    : `${fault?.word ?? (unsure ? "Connecting" : words)} – Points`;
  if (document.title !== title) document.title = title;
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
