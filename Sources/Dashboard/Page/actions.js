// Changes asked of the daemon: questions before them, notices after.

import { refresh as refreshAccess } from "./access.js";
import { state, statusOf } from "./model.js";
import { element } from "./elements.js";
import { notify, sentence } from "./notices.js";

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
/// Whether a user is where a change that failed was to lead.
const reached = {
  start: (user) => ["running", "paused"].includes(statusOf(user)), stop: (user) => statusOf(user) === "stopped",
  pause: (user) => statusOf(user) === "paused", resume: (user) => statusOf(user) === "running",
  restart: (user) => ["running", "paused"].includes(statusOf(user)),
  reset: (user) => state.users.get(user)?.points === 0,
};
const refusal = "This browser may look, but not change anything (any more). Run pointsctl login on the "
  + "daemon's machine and open the link it prints.";

/// `onChange` follows each change made.
export function connectChanges(onChange) {
  changed = onChange;
}

let attempts = 0;
const succeeded = new Map(); // the number of the last attempt that went well, by what was asked

/// Asks the daemon for a change, after a question where it loses something, and says how it went.
/// `subject` says who is touched, in and at the head of a sentence, and whether that are many;
/// `users` are all of them; `limit` is how long it may take, in ms.
export async function act(
  button, kind, name, verb,
  { subject = { name, head: name, many: false }, users = [], limit = 15_000 } = {},
) {
  if (questions[verb]) {
    const [to, text, yes] = questions[verb](subject.many);
    const title = `${yes.split(" ")[0]} ${subject.name}${to && ` ${to}`}?`;
    if (!(await ask(title, text, yes))) return;
  }
  if (button) {
    button.dataset.busy = "true";
    button.setAttribute("aria-disabled", "true");
  }
  const [own, what] = [(attempts += 1), `${kind}/${name}/${verb}`];
  try {
    await post(`/api/${kind}/${encodeURIComponent(name)}/${verb}`, limit);
    succeeded.set(what, own);
    notify(`${subject.head} ${done[verb][Number(subject.many)]}.`);
  } catch (problem) {
    const { message, refused } = problem;
    const unable = state.unable;
    const short = refused ? refusal : sentence(message);
    notify(`${subject.head}: ${verb} failed.${short && ` ${short}`}`, {
      detail: refused || !short ? message : "",
      over: () => succeeded.get(what) > own || (refused ? accessCame(problem) : unable && !state.unable)
        || (!refused && users.length > 0 && users.every((user) => reached[verb](user))),
    });
  } finally {
    if (button) {
      delete button.dataset.busy;
      button.setAttribute("aria-disabled", String(Boolean(button.dataset.obstacle)));
    }
    changed();
  }
}

/// Whether the right was taken and came back: what the page believed before says nothing.
function accessCame(problem) {
  if (state.access === "read") problem.wasTaken = true;
  return problem.wasTaken && state.access === "change";
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
  const refused = answer.status === 401 || answer.status === 403;
  if (refused) refreshAccess();
  throw Object.assign(new Error(said), { refused });
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
