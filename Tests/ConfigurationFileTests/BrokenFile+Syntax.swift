/// Files that are not JSON, or not the kind of JSON that can be trusted.
extension BrokenFile {
  static let syntax: [BrokenFile] = [
    BrokenFile(
      "not JSON at all",
      #"hello"#,
      [
        #"1:1: unknown word hello; a string stands in double quotes"#
      ]),
    BrokenFile(
      "nothing but blanks",
      "  \n ",
      [
        #"2:2: the file ends where a value is expected"#
      ]),
    BrokenFile(
      "an object that is not closed",
      "{\n  \"users\": [",
      [
        #"2:12: '[' is not closed before the file ends"#
      ]),
    BrokenFile(
      "trailing comma",
      #"{"users":[{"name":"A","port":1},]}"#,
      [
        #"1:32: a comma before ']'; JSON has none after the last entry"#
      ]),
    BrokenFile(
      "trailing garbage",
      #"{} {}"#,
      [
        #"1:4: unexpected '{' after the end of the JSON value"#
      ]),
    BrokenFile(
      "comment",
      "{\n  // users\n}",
      [
        #"2:3: JSON has no comments; remove this one"#
      ]),
    BrokenFile(
      "single quotes",
      #"{'users':[]}"#,
      [
        #"1:2: strings stand in double quotes, not in single ones"#
      ]),
    BrokenFile(
      "missing colon",
      #"{"users" []}"#,
      [
        #"1:10: unexpected '[' where a colon after the key "users" is expected"#
      ]),
    BrokenFile(
      "missing comma",
      #"{"http":{} "users":[]}"#,
      [
        #"1:12: unexpected '"' where a comma or '}' is expected"#
      ]),
    BrokenFile(
      "key without quotes",
      #"{users:[]}"#,
      [
        #"1:2: unexpected 'u' where a key in double quotes is expected"#
      ]),
    BrokenFile(
      "string that is not closed",
      "{\"users\": \"x\n}",
      [
        #"1:11: the string is not closed before the line ends"#
      ]),
    BrokenFile(
      "tab within a string",
      "{\"a\tb\": 1}",
      [
        #"1:4: character U+0009 stands bare in a string; write it as an escape"#
      ]),
    BrokenFile(
      "unknown escape",
      #"{"a":"C:\dir"}"#,
      [
        #"1:9: unknown escape \ before 'd'; a backslash is written as \\"#
      ]),
    BrokenFile(
      "short escape",
      #"{"a":"\u12"}"#,
      [
        #"1:7: an escape \u needs four hexadecimal digits"#
      ]),
    BrokenFile(
      "half of a surrogate pair",
      #"{"a":"\ud83d!"}"#,
      [
        #"1:7: the escape \uD83D is half of a surrogate pair"#
      ]),
    BrokenFile(
      "second half of a surrogate pair",
      #"{"a":"\ude00"}"#,
      [
        #"1:7: the escape \uDE00 is half of a surrogate pair"#
      ]),
    BrokenFile(
      "number with a needless zero",
      #"{"a":05001}"#,
      [
        #"1:6: a number does not begin with a needless 0"#
      ]),
    BrokenFile(
      "number without digits behind the point",
      #"{"a":1.}"#,
      [
        #"1:6: a number is missing digits before '}'"#
      ]),
    BrokenFile(
      "number that runs on",
      #"{"a":5001x}"#,
      [
        #"1:6: a number runs into 'x'; separate them"#
      ]),
    BrokenFile(
      "word that JSON does not know",
      #"{"a":True}"#,
      [
        #"1:6: unknown word True; a string stands in double quotes"#
      ]),
    BrokenFile(
      "nested too deep",
      String(repeating: "[", count: 100),
      [
        #"1:65: nested deeper than 64 levels"#
      ]),
    BrokenFile(
      "the columns are characters",
      #"{"Zoë👩‍👩‍👧":nope}"#,
      [
        #"1:9: unknown word nope; a string stands in double quotes"#
      ]),
    BrokenFile(
      "top level is an array",
      #"[]"#,
      [
        #"1:1: the configuration must be an object, not an array"#
      ]),
    BrokenFile(
      "duplicate key",
      Sample.section(#""log":{"level":"info","level":"debug"}"#),
      [
        #"1:24: log.level: the key stands twice; keep one"#
      ]),
    BrokenFile(
      "duplicate key at the top",
      Sample.section(#""log":{},"log":{}"#),
      [
        #"1:11: log: the key stands twice; keep one"#
      ]),
  ]
}
