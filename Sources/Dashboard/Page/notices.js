// Notices: what was done, for a moment; what failed, until its cause has ended or it is closed. A
// failure is one sentence; what the daemon said is folded below it.

import { element, make } from "./elements.js";

const moment = 5000; // ms
const problems = new Map(); // notices, each with the test whether its cause has ended

/// Shows a notice. A problem has `over()`, which says whether its cause has ended.
export function notify(text, { detail = "", over = null } = {}) {
  const close = make("button", "btn-close");
  close.type = "button";
  close.setAttribute("aria-label", "Close");
  const words = make("div", "", make("p", "", text));
  if (detail) words.append(make("details", "", make("summary", "", "Details"), make("p", "", detail)));
  const notice = make("div", over ? "notice problem" : "notice", words, close);
  close.addEventListener("click", () => remove(notice));
  element("notices").append(notice);
  if (over) problems.set(notice, over);
  else setTimeout(() => remove(notice), moment);
}

function remove(notice) {
  problems.delete(notice);
  notice.remove();
}

/// Ends the notices whose cause has ended.
export function endNotices() {
  for (const [notice, over] of problems) if (over()) remove(notice);
}

/// What can be said in a sentence of an error; "" where it names what only an operator can read:
/// paths, statements, numbers of the database's own.
export function sentence(text) {
  const [first] = text.split("\n");
  const isPlain = first.length <= 160 && !/(^|[\s(“"'])\/|::|\(\d{3,5}\)|errno|SQL|mariadb|mysql/i.test(first);
  return isPlain ? first.replace(/([^.!?])$/, "$1.") : "";
}
