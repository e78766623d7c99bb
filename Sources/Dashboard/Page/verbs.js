// The changes that can be asked of users: their words, where each has something to do, and the
// buttons that ask for them. A button that cannot work says why.

import { state } from "./model.js";
import { make, setAttribute, setText } from "./elements.js";
import { act } from "./actions.js";
import { notify } from "./notices.js";

const down = ["stopped", "failed"];

/// Why a change would do nothing to a user of that status; "" where it does something.
const idle = {
  start: (status) => down.includes(status) ? "" : "It runs already.",
  stop: (status) => status === "stopped" ? "It is stopped already." : "",
  restart: (status) => status === "stopped" ? "It is stopped: start it." : "",
  pause: (status) => status === "running" ? "" : status === "paused"
    ? "It is paused already." : `It earns nothing to pause: it is ${status}.`,
  resume: (status) => status === "paused" ? "" : "It is not paused.",
  reset: () => "",
};
export const verbs = Object.keys(idle);
const words = { start: "Start", stop: "Stop", restart: "Restart", pause: "Pause", resume: "Resume", reset: "Reset…" };

/// Why a change cannot be made now, or would do nothing to any of those statuses; "" where it can.
export function obstacle(verb, statuses) {
  if (state.unable) return state.unable;
  const reasons = statuses.map(idle[verb]);
  if (reasons.some((reason) => !reason)) return "";
  return statuses.length === 1 ? reasons[0] : "There is nobody whom this would change.";
}

/// Lets a button work, or says why it does not: it can still be reached and read.
export function setObstacle(button, reason) {
  button.dataset.obstacle = reason;
  setAttribute(button, "aria-disabled", String(Boolean(reason) || button.dataset.busy === "true"));
  if (button.title !== reason) button.title = reason;
}

/// A button that calls back when it can work.
export function makeButton(text, label, pressed) {
  const made = make("button", "btn btn-sm btn-plain", text);
  made.type = "button";
  if (label) made.setAttribute("aria-label", label);
  connect(made, pressed);
  return made;
}

export function connect(button, pressed) {
  button.addEventListener("click", () => {
    if (button.dataset.busy === "true") return;
    if (button.dataset.obstacle) notify(button.dataset.obstacle);
    else pressed(button);
  });
}

/// Asks for a change of one user, by the names that the API has for it.
export function change(verb, user, button) {
  const server = state.servers.get(user);
  const ofServer = ["start", "stop", "restart"].includes(verb);
  return ofServer
    ? act(button, "servers", server.name, verb, { users: [user] })
    : act(button, "users", user, verb, { users: [user] });
}

/// The button of a change of one user, as it is now.
export function showButton(button, verb, name, status) {
  setText(button, words[verb]);
  setAttribute(button, "aria-label",
    verb === "reset" ? `Reset the points of ${name}` : `${words[verb]} ${name}`);
  setObstacle(button, obstacle(verb, [status]));
}
