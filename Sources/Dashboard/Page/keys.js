// Keys: search, ranges, and start and pause of the chosen user.

import { element } from "./elements.js";
import { foundRows, state, statusOf } from "./model.js";
import { change, obstacle } from "./verbs.js";
import { notify } from "./notices.js";
import { step } from "./users.js";

/// Starts or stops, pauses or resumes the chosen user, or says why that is not possible.
function press(verbOf) {
  const user = state.chosen ?? foundRows()[0]?.user;
  if (!user) return;
  const status = statusOf(user);
  const verb = verbOf(status);
  const reason = state.access === "change" ? obstacle(verb, [status])
    : "This browser may look, but not change anything.";
  if (reason) notify(`${user}: ${reason}`);
  else change(verb, user, null);
}

/// Connects keys and search. `onSearch(text)` follows each change of the search.
export function connectKeys({ onSearch, search }) {
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
    l: () => element(element("measure-lead").checked ? "measure-points" : "measure-lead").click(),
    j: () => step(1),
    k: () => step(-1),
    s: () => press((status) => ["stopped", "failed"].includes(status) ? "start" : "stop"),
    p: () => press((status) => status === "paused" ? "resume" : "pause"),
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
    if (!allowed.checked || event.target.matches("input[type=search], select")) return;
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
}
