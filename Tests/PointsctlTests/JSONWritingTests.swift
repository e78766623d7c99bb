import JSONText
import Testing

@Suite struct JSONWritingTests {
  @Test func theTextComesBackAsItWas() throws {
    let text = #"{"b":[1,-0.50,1e3,90.0],"a":{"":null,"t":true,"f":false},"e":[],"o":{}}"#
    let node = try JSONParser.parse(Array(text.utf8))
    #expect(node.compact == text)
    #expect(try JSONParser.parse(Array(node.indented.utf8)).compact == text)
  }

  @Test(arguments: [
    ("9223372036854775807", Int64.max), ("-9223372036854775808", .min),
    ("9223372036854775808", nil), ("-9223372036854775809", nil), ("92233720368547758070", nil),
    ("1e18", 1_000_000_000_000_000_000), ("-0", 0),
  ]) func wholeNumbersReachAsFarAsPoints(_ text: String, _ number: Int64?) throws {
    #expect(try JSONParser.parse(Array(text.utf8)).integer == number)
  }

  @Test func indentation() throws {
    let node = try JSONParser.parse(Array(#"[{"a":1,"b":[]},2]"#.utf8))
    #expect(
      node.indented == """
        [
          {
            "a": 1,
            "b": []
          },
          2
        ]
        """)
  }

  @Test func stringsAreHarmless() throws {
    let text = "\"\\\n\u{1B}\u{202E}é💩"
    let written = jsonString(text)
    #expect(written == #""\"\\\n\u001B\u202Eé💩""#)
    #expect(try JSONParser.parse(Array(written.utf8)).string == text)
  }
}
