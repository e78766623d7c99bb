// Elements made and written; only what changed is written, so that focus and selection stay. Names
// reach the page as text only, never as markup.

export const element = (id) => document.getElementById(id);
const shapes = { "backing off": "waiting" };

export function make(tag, className, ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

export function setText(target, text) {
  if (target.textContent !== String(text)) target.textContent = text;
}

export function setAttribute(target, name, value) {
  if (target.getAttribute(name) !== value) target.setAttribute(name, value);
}

/// A name: cut where there is no room, whole when pointed at, in its own direction.
export function showName(target, name) {
  setText(target, name);
  if (target.title !== name) target.title = name;
}

export function shape(name) {
  const drawing = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#shape-${name}`);
  drawing.setAttribute("aria-hidden", "true");
  drawing.append(use);
  return drawing;
}

/// Shape and word for a status; made again only when it changes.
export function showStatus(target, status, late) {
  if (target.dataset.status === status && target.dataset.late === String(late)) return;
  target.dataset.status = status;
  target.dataset.late = late;
  const words = [make("span", "status", shape(shapes[status] ?? status), status)];
  words[0].dataset.status = status;
  if (late) {
    words.push(make("span", "status", shape("late"), "late"));
    words[1].dataset.status = "late";
  }
  target.replaceChildren(...words);
}

/// Shows these keys in this order, and no others. Moves only what is out of place. `entries` are
/// {row, …} by key; `before` is what stands behind all of them.
export function arrange(parent, entries, keys, create, before = null) {
  const wanted = new Set(keys);
  for (const [key, entry] of entries)
    if (!wanted.has(key)) {
      entry.row.remove();
      entries.delete(key);
    }
  let next = entries.size ? firstOf(parent, entries) : before;
  for (const key of keys) {
    if (!entries.has(key)) entries.set(key, create(key));
    const { row } = entries.get(key);
    if (row === next) next = next.nextElementSibling;
    else {
      const focused = row.contains(document.activeElement) ? document.activeElement : null;
      parent.insertBefore(row, next);
      focused?.focus({ preventScroll: true });
    }
  }
}

function firstOf(parent, entries) {
  const rows = new Set([...entries.values()].map((entry) => entry.row));
  return [...parent.children].find((child) => rows.has(child));
}
