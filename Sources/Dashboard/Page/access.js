// Whether this browser may change things, and how it is let in. Buttons that change something have
// the class "changes" and are shown to those who may.

import { state } from "./model.js";
import { element } from "./elements.js";

const reader = "You may look. To change things, run pointsctl login on the daemon's machine and open "
  + "the link it prints in this browser.";
const open = "Everybody who reaches this page may change things: http.open is set in the configuration.";

/// Asks the daemon, and shows what it says.
export async function refresh() {
  let session;
  try {
    const answer = await fetch("/api/session", { cache: "no-store", signal: AbortSignal.timeout(5000) });
    if (!answer.ok) return;
    session = (await answer.json()).data;
  } catch {
    return; // the page says that the daemon is lost, and asks again when it is back
  }
  show(session);
}

function show(session) {
  document.body.dataset.access = state.access = session.may_change ? "change" : "read";
  element("access").hidden = session.may_change && !session.open;
  element("access").dataset.open = session.open;
  const words = element("access").firstElementChild;
  const text = session.open ? open : reader;
  if (words.textContent !== text) words.textContent = text;
  const byBrowser = / by browser$/.exec(session.requester ?? "");
  element("session").hidden = !byBrowser;
  if (byBrowser)
    element("session-name").textContent = `Let in as ${session.requester.slice(0, byBrowser.index)}.`;
}
