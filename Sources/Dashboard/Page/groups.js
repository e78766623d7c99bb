// Control of a group of users, or of all: the choice above the table of users.

import { countedInWords, state } from "./model.js";
import { element, setAttribute, setText } from "./elements.js";
import { act } from "./actions.js";
import { connect, obstacle, setObstacle, verbs } from "./verbs.js";

const fold = (name) => name.toLowerCase();
const minute = 60_000; // a group is restarted one by one
let offered = "";

/// Connects the choice and the buttons.
export function connectGroups() {
  element("group").addEventListener("change", render);
  for (const verb of verbs)
    connect(element(`group-${verb}`), (button) => {
      const { name, members } = chosen();
      const whom = fullName(name, members.length);
      const subject = {
        name: whom, head: whom[0].toUpperCase() + whom.slice(1), many: members.length > 1,
      };
      const [all, limit] = [members.map((server) => server.user), minute * Math.max(1, members.length / 6)];
      act(button, "groups", name, verb, { subject, users: all, limit });
    });
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
  setText(element("group-state"), countedInWords(statuses));
  for (const verb of verbs) {
    const button = element(`group-${verb}`);
    setObstacle(button, obstacle(verb, statuses));
    const word = button.textContent.replace("…", "");
    setAttribute(button, "aria-label", `${word} ${fullName(name, members.length)}`);
  }
}
