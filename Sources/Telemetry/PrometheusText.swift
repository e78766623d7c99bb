/// Prometheus' text exposition format, version 0.0.4.
///
/// Source: Prometheus documentation, *Exposition formats*, section "Text-based format".
public enum PrometheusText {
  /// The content type of what `PrometheusRegistry.render()` returns.
  public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  /// A name in the format's alphabet that starts with `pointsd_`.
  static func metricName(_ label: String) -> String {
    let name = identifier(label, allowColon: true)
    return name.hasPrefix("pointsd_") ? name : "pointsd_" + name
  }

  /// `{name="value",…}` with the names in order, so that equal label sets are equal texts; empty
  /// without labels.
  static func labels(_ dimensions: [(String, String)]) -> String {
    guard !dimensions.isEmpty else { return "" }
    let pairs = dimensions.map { (identifier($0.0, allowColon: false), escapedValue($0.1)) }
    let sorted = pairs.sorted { $0.0 < $1.0 }.map { "\($0.0)=\"\($0.1)\"" }
    return "{" + sorted.joined(separator: ",") + "}"
  }

  /// The same labels with one more behind them, as histograms need it for their bounds.
  static func labels(_ rendered: String, adding name: String, _ value: String) -> String {
    let pair = "\(name)=\"\(value)\""
    return rendered.isEmpty ? "{\(pair)}" : rendered.dropLast() + ",\(pair)}"
  }

  /// A number: whole ones without a fraction.
  static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
    if let whole = Int64(exactly: value) { return String(whole) }
    return String(value)
  }

  static func escapedHelp(_ text: String) -> String {
    escaped(text, quotes: false)
  }

  private static func escapedValue(_ text: String) -> String {
    escaped(text, quotes: true)
  }

  private static func escaped(_ text: String, quotes: Bool) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\"" where quotes: result += "\\\""
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  private static func identifier(_ text: String, allowColon: Bool) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "a"..."z", "A"..."Z", "_": result.unicodeScalars.append(scalar)
      case "0"..."9" where !result.isEmpty: result.unicodeScalars.append(scalar)
      case ":" where allowColon: result.unicodeScalars.append(scalar)
      default: result += "_"
      }
    }
    return result.isEmpty ? "_" : result
  }
}
