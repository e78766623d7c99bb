import Testing

@testable import Dashboard

@Suite struct JSONTests {
  @Test(arguments: [
    (JSON.null, "null"), (true, "true"), (.decimal(90), "90.0"), (.decimal(.nan), "null"),
    (.number(Int64.min), "-9223372036854775808"), (.array([]), "[]"), (.object([]), "{}"),
    (
      .object([.init(name: "b", value: 1), .init(name: "a", value: .array([2, "x"]))]),
      #"{"b":1,"a":[2,"x"]}"#
    ),
    ("a\"\\\n\u{0}\u{1f}/é😀", #""a\"\\\n\u0000\u001f/é😀""#),
  ])
  func valuesAreEncoded(value: JSON, text: String) {
    #expect(String(decoding: value.encoded, as: UTF8.self) == text)
  }

  @Test(arguments: [
    ("a%20b", "a b"), ("%e2%82%ac", "€"), ("a+b", "a+b"), ("", ""), ("%2F", "/"), ("%00", "\0"),
  ])
  func percentEncodingIsUndone(text: String, decoded: String) {
    #expect(PercentEncoding.decode(text) == decoded)
  }

  @Test(arguments: ["%", "%1", "%g0", "%80", "%ED%A0%80", "%C0%80"])
  func brokenPercentEncodingIsRefused(text: String) {
    #expect(PercentEncoding.decode(text) == nil)
  }

  @Test(arguments: [
    ("secret", "secret", true), ("secret", "secres", false), ("secret", "secre", false),
    ("secret", "", false), ("", "", false), ("a", "aa", false), ("ab", "abab", false),
  ])
  func secretsAreCompared(secret: String, given: String, equal: Bool) {
    #expect(SecretBytes.equal(Array(secret.utf8), Array(given.utf8)) == equal)
  }
}
