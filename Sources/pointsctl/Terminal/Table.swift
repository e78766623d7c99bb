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

    init(
      _ title: String, _ alignment: Alignment = .left, style: @escaping (String) -> String = { $0 }
    ) {
      self.title = title
      self.alignment = alignment
      self.style = style
    }
  }

  let columns: [Column]
  var rows: [[String]] = []

  /// Cells come from elsewhere: what a terminal would obey is printed as an escape.
  mutating func add(_ cells: [String]) {
    rows.append(cells.map { excerpt($0, limit: 200) })
  }

  /// The lines, heading first, without blanks at their ends.
  func lines(heading: (String) -> String = { $0 }) -> [String] {
    let widths = columns.indices.map { index in
      max(
        displayWidth(columns[index].title),
        rows.map { displayWidth($0[index]) }.max() ?? 0)
    }
    let first = line(columns.map(\.title), widths) { _, title in heading(title) }
    return [first] + rows.map { row in line(row, widths) { columns[$0].style($1) } }
  }

  private func line(
    _ cells: [String], _ widths: [Int], style: (Int, String) -> String
  ) -> String {
    var line = ""
    var pending = 0
    for (index, cell) in cells.enumerated() {
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
