import JSONText

/// Rows in aligned columns.
struct Table {
  enum Alignment {
    case left, right
  }

  struct Column {
    let title: String
    let alignment: Alignment
    /// Adds colour to a cell that is already padded to nothing; must not change its width.
    let style: (String) -> String
    /// What it gives up where a line has no room for all.
    let concessions: [Concession]

    init(
      _ title: String, _ alignment: Alignment = .left, yields concessions: Concession...,
      style: @escaping (String) -> String = { $0 }
    ) {
      self.title = title
      self.alignment = alignment
      self.concessions = concessions
      self.style = style
    }
  }

  /// A step of making room: those of all columns are made in their order until the line fits.
  struct Concession {
    let order: Int
    /// What the column then has; 0 leaves it out.
    let width: Int

    static func leaves(_ order: Int) -> Concession { Concession(order: order, width: 0) }

    static func shrinks(_ order: Int, to width: Int) -> Concession {
      Concession(order: order, width: width)
    }
  }

  let columns: [Column]
  var rows: [[String]] = []

  /// Cells come from elsewhere: what a terminal would obey is printed as an escape.
  mutating func add(_ cells: [String]) {
    rows.append(cells.map { excerpt($0, limit: 200) })
  }

  /// The lines, heading first, without blanks at their ends.
  /// - Parameter limit: columns of the terminal; nil where lines may be as long as they like.
  func lines(within limit: Int? = nil, heading: (String) -> String = { $0 }) -> [String] {
    let widths = widths(within: limit)
    let first = line(columns.map(\.title), widths) { _, title in heading(title) }
    return [first] + rows.map { row in line(row, widths) { columns[$0].style($1) } }
  }

  /// Of each column; 0 for one that is left out.
  private func widths(within limit: Int?) -> [Int] {
    var widths = columns.indices.map { index in
      max(
        displayWidth(columns[index].title),
        rows.map { displayWidth($0[index]) }.max() ?? 0)
    }
    let steps = columns.indices.flatMap { index in
      columns[index].concessions.map { (index: index, step: $0) }
    }.sorted { $0.step.order < $1.step.order }
    for (index, step) in steps {
      let shown = widths.filter { $0 > 0 }
      let excess = shown.reduce(0, +) + 2 * (shown.count - 1) - (limit ?? .max)
      guard excess > 0 else { break }
      guard widths[index] > step.width else { continue }
      // No narrower than is needed.
      widths[index] = step.width == 0 ? 0 : max(step.width, widths[index] - excess)
    }
    return widths
  }

  private func line(
    _ cells: [String], _ widths: [Int], style: (Int, String) -> String
  ) -> String {
    var line = ""
    var pending = 0
    for (index, whole) in cells.enumerated() where widths[index] > 0 {
      let cell = clipped(whole, to: widths[index])
      let padding = widths[index] - displayWidth(cell)
      if columns[index].alignment == .right { pending += padding }
      if !cell.isEmpty {
        // Blanks are written once something follows them.
        line += String(repeating: " ", count: pending) + style(index, cell)
        pending = 0
      }
      if columns[index].alignment == .left { pending += padding }
      pending += 2
    }
    return line
  }
}
