// Control of a group of users, or of all: the choice above the cards of servers.

import { countedInWords, state } from "./model.js";
import { act } from "./actions.js";

const element = (id) => document.getElementById(id);
const fold = (name) => name.toLowerCase();
/// Where each action has something to do.
const useful = {
  start: (status) => status === "stopped" || status === "failed",
  stop: (status) => status !== "stopped",
  restart: (status) => status !== "stopped",
  pause: (status) => status === "running",
  resume: (status) => status === "paused",
  reset: () => true,
};
const minute = 60_000; // a group is restarted one by one
let offered = "";

/// Connects the choice and the buttons.
export function connect() {
  element("group").addEventListener("change", render);
  for (const verb of Object.keys(useful)) {
    const button = element(`group-${verb}`);
    button.addEventListener("click", () => {
      if (button.disabled) return;
      const { name, members } = chosen();
      const whom = fullName(name, members.length);
      const subject = {
        name: whom, head: whom[0].toUpperCase() + whom.slice(1), many: members.length > 1,
      };
      act(button, "groups", name, verb, { subject, limit: minute * Math.max(1, members.length / 6) });
    });
  }
}

/// Groups by folded name, as the daemon compares them, in the order of the configuration.
function groups() {
  const servers = [...state.servers.values()];
  const found = new Map([["all", { name: "all", members: servers }]]);
  for (const server of servers)
    for (const name of server.groups) {
      if (!found.has(fold(name))) found.set(fold(name), { name, members: [] });
      found.get(fold(name)).members.push(server);
    }
  return found;
}

const chosen = () => groups().get(element("group").value) ?? groups().get("all");
const users = (count) => `${count} ${count === 1 ? "user" : "users"}`;
const fullName = (name, count) => name === "all"
  ? `all ${users(count)}` : `the ${count === 1 ? "user" : users(count)} of ${name}`;

/// Writes what changed.
export function render() {
  const all = groups();
  element("group-actions").hidden = !state.servers.size;
  const labels = [...all].map(([key, { name, members }]) =>
    [key, name === "all" ? "All users" : name, users(members.length)]);
  if (offered !== JSON.stringify(labels)) {
    offered = JSON.stringify(labels);
    const before = element("group").value || "all";
    element("group").replaceChildren(...labels.map(([key, name, count]) =>
      new Option(`${name} (${count})`, key, false, key === before)));
  }
  const { name, members } = chosen();
  const statuses = members.map((server) => server.status);
  const words = countedInWords(statuses);
  if (element("group-state").textContent !== words) element("group-state").textContent = words;
  for (const [verb, applies] of Object.entries(useful)) {
    const button = element(`group-${verb}`);
    button.disabled = !statuses.some(applies);
    const word = button.textContent.replace("…", "");
    button.setAttribute("aria-label", `${word} ${fullName(name, members.length)}`);
  }
}
