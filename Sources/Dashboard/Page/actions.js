// What clicks and keys do: changes asked of the daemon, questions before them, notices after.

import { refresh as refreshAccess } from "./access.js";

const element = (id) => document.getElementById(id);
let changed = () => {};

const questions = {
  reset: () => ["to 0 points", "The points go back to 0. The ledger keeps what was earned until now.",
    "Reset to 0"],
  stop: (many) => ["", many
    ? "Their clients are disconnected and they earn nothing until they are started again."
    : "Its clients are disconnected and its user earns nothing until it is started again.", "Stop"],
  restart: (many) => ["", many
    ? "One after the other; each one's clients are disconnected." : "Its clients are disconnected.",
    "Restart"],
};
const done = {
  pause: ["is paused", "are paused"], resume: ["earns points again", "earn points again"],
  reset: ["was reset to 0", "were reset to 0"], start: ["runs", "run"],
  stop: ["is stopped", "are stopped"], restart: ["was restarted", "were restarted"],
};
const refusal = "This browser may look, but not change anything (any more). Run pointsctl login on the "
  + "daemon's machine and open the link it prints.";

/// Asks the daemon for a change, after a question where it loses something, and says how it went.
/// `subject` says who is touched, in and at the head of a sentence, and whether that are many;
/// `limit` is how long it may take, in ms.
export async function act(
  button, kind, name, verb, { subject = { name, head: name, many: false }, limit = 15_000 } = {},
) {
  if (button.getAttribute("aria-disabled") === "true") return;
  if (questions[verb]) {
    const [to, text, yes] = questions[verb](subject.many);
    const title = `${yes.split(" ")[0]} ${subject.name}${to && ` ${to}`}?`;
    if (!(await ask(title, text, yes))) return;
  }
  button.setAttribute("aria-disabled", "true");
  try {
    await post(`/api/${kind}/${encodeURIComponent(name)}/${verb}`, limit);
    notify(`${subject.head} ${done[verb][Number(subject.many)]}.`);
  } catch (problem) {
    notify(`${subject.head}: ${verb} failed. ${problem.message}`, true);
  } finally {
    button.removeAttribute("aria-disabled");
    changed();
  }
}

async function post(path, limit) {
  let answer;
  try {
    answer = await fetch(path, { method: "POST", signal: AbortSignal.timeout(limit) });
  } catch {
    throw new Error("The daemon did not answer; whether it was done will show here.");
  }
  if (answer.ok) return;
  const said = await answer.json().then((body) => body.error, () => `Status ${answer.status}`);
  if (answer.status !== 401 && answer.status !== 403) throw new Error(said);
  refreshAccess();
  throw new Error(`${refusal} (${said}.)`);
}

function ask(title, text, yes) {
  element("question-title").textContent = title;
  element("question-text").textContent = text;
  element("question-yes").textContent = yes;
  return confirmed(element("question"));
}

function confirmed(dialog) {
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) =>
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true }));
}

/// Shows a notice; a problem stays until it is closed.
function notify(text, problem = false) {
  const notice = document.createElement("div");
  const words = document.createElement("p");
  const close = document.createElement("button");
  notice.className = problem ? "notice problem" : "notice";
  words.textContent = text;
  close.type = "button";
  close.className = "btn-close";
  close.setAttribute("aria-label", "Close");
  close.addEventListener("click", () => notice.remove());
  notice.append(words, close);
  element("notices").append(notice);
  if (!problem) setTimeout(() => notice.remove(), 5000);
}

/// Connects keys, search and the range choice. `onChange` follows each change made,
/// `onSearch(text)` each change of the search.
export function connect({ onChange, onSearch, search }) {
  changed = onChange;
  const field = element("search");
  field.value = search;
  field.addEventListener("input", () => onSearch(field.value));
  const clear = () => {
    field.value = "";
    onSearch("");
  };
  const ranges = element("range").elements;
  const keys = {
    "/": () => field.focus(),
    u: () => element("users").focus(),
    "?": () => element("help").showModal(),
    ...Object.fromEntries([1, 2, 3, 4].map((key) => [key, () => ranges[key - 1].click()])),
  };
  const allowed = element("shortcuts");
  allowed.checked = localStorage.getItem("shortcuts") !== "off";
  allowed.addEventListener("change", () =>
    localStorage.setItem("shortcuts", allowed.checked ? "on" : "off"));
  element("open-help").addEventListener("click", keys["?"]);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]"))
      return;
    if (event.key === "Escape" && field.value) return clear();
    if (!allowed.checked || event.target.matches("input[type=search]")) return;
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
}
