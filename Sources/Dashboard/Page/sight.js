// Which rows of a long table are in sight: the others are held open by a row of their height above
// and one below.

const fewest = 60; // so many rows are all shown
const around = 15; // rows above and below the sight

export class Sight {
  #parent;
  #changed;
  #count = 0;
  #height = 44;
  #shown = { first: 0, last: 0 };
  #above = spacer();
  #below = spacer();
  #all = false;

  /// `changed()` is called when other rows came into sight.
  constructor(parent, changed) {
    this.#parent = parent;
    this.#changed = changed;
    const look = () => this.#look();
    addEventListener("scroll", look, { passive: true });
    addEventListener("resize", look, { passive: true });
    // What is printed is all that there is.
    addEventListener("beforeprint", () => this.#printing(true));
    addEventListener("afterprint", () => this.#printing(false));
  }

  /// What stands behind the rows; null where nothing does.
  get below() {
    return this.#below.parentNode === this.#parent ? this.#below : null;
  }

  /// The rows to be shown of `count`.
  range(count) {
    this.#count = count;
    return (this.#shown = this.#inSight());
  }

  #inSight() {
    const count = this.#count;
    if (this.#all || count <= fewest) return { first: 0, last: count };
    const top = this.#parent.getBoundingClientRect().top;
    const first = Math.floor(-top / this.#height) - around;
    const many = Math.ceil(innerHeight / this.#height) + 2 * around;
    const begin = Math.max(0, Math.min(first, count - many));
    return { first: begin, last: Math.min(count, begin + many) };
  }

  /// Holds the room of the other rows; `row` is one of those shown.
  pad(count, row) {
    const { first, last } = this.#shown;
    const cut = last - first < count;
    if (cut && row) this.#height = row.getBoundingClientRect().height || this.#height;
    this.#hold(this.#above, first, () => this.#parent.prepend(this.#above));
    this.#hold(this.#below, count - last, () => this.#parent.append(this.#below));
  }

  #hold(row, rows, insert) {
    if (!rows) return row.remove();
    row.firstChild.style.height = `${rows * this.#height}px`;
    if (!row.isConnected) insert();
  }

  /// Scrolls to where a row stands that may not be in the page.
  show(index) {
    if (index >= this.#shown.first && index < this.#shown.last) return;
    const top = this.#parent.getBoundingClientRect().top + scrollY + index * this.#height;
    scrollTo({ top: top - innerHeight / 2 });
    this.#changed();
  }

  #look() {
    const { first, last } = this.#inSight();
    const moved = Math.abs(first - this.#shown.first) + Math.abs(last - this.#shown.last);
    if (moved > around / 2 || (moved && (first === 0 || last === this.#count))) this.#changed();
  }

  #printing(all) {
    this.#all = all;
    this.#changed();
  }
}

function spacer() {
  const row = document.createElement("tr");
  const cell = document.createElement("td");
  row.className = "spacer";
  row.setAttribute("aria-hidden", "true");
  cell.colSpan = 8;
  row.append(cell);
  return row;
}
