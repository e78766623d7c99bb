/// Users that are at fault by themselves or beside others.
extension BrokenFile {
  static let users: [BrokenFile] = [
    BrokenFile(
      "no users",
      Sample.users(#""#),
      [
        #"1:55: users: must hold at least one user"#
      ]),
    BrokenFile(
      "users is an object",
      #"{"database":{"managed":{"dataDirectory":"d"}},"users":{"A":1}}"#,
      [
        #"1:55: users: must be an array of objects, not an object"#
      ]),
    BrokenFile(
      "a user is a string",
      Sample.users(#""Afif""#),
      [
        #"1:56: users[0]: must be an object, not the string "Afif""#
      ]),
    BrokenFile(
      "user without name and port",
      Sample.users(#"{}"#),
      [
        #"1:56: users[0].name: missing; each user needs a name"#,
        #"1:56: users[0].port: missing; each user needs a port of its own"#,
      ]),
    BrokenFile(
      "unknown key of a user",
      Sample.users(#"{"name":"A","prot":1,"port":1}"#),
      [
        #"1:68: users[0].prot: unknown key; the nearest known one is port"#
      ]),
    BrokenFile(
      "port 0",
      Sample.users(#"{"name":"A","port":0}"#),
      [
        #"1:75: users[0].port: must be a whole number from 1 to 65535, not 0"#
      ]),
    BrokenFile(
      "port 70000",
      Sample.users(#"{"name":"A","port":70000}"#),
      [
        #"1:75: users[0].port: must be a whole number from 1 to 65535, not 70000"#
      ]),
    BrokenFile(
      "port with a fraction",
      Sample.users(#"{"name":"A","port":5001.5}"#),
      [
        #"1:75: users[0].port: must be a whole number from 1 to 65535, not 5001.5"#
      ]),
    BrokenFile(
      "port as a string",
      Sample.users(#"{"name":"A","port":"5001"}"#),
      [
        #"1:75: users[0].port: must be a whole number from 1 to 65535, not the string "5001""#
      ]),
    BrokenFile(
      "port beyond all numbers",
      Sample.users(#"{"name":"A","port":99999999999999999999}"#),
      [
        #"1:75: users[0].port: must be a whole number from 1 to 65535, not 99999999999999999999"#
      ]),
    BrokenFile(
      "port with an absurd exponent",
      Sample.users(#"{"name":"A","port":1e99999999999}"#),
      [
        #"1:75: users[0].port: must be a whole number from 1 to 65535, not 1e99999999999"#
      ]),
    BrokenFile(
      "port null",
      Sample.users(#"{"name":"A","port":null}"#),
      [
        #"1:75: users[0].port: must be a whole number from 1 to 65535, not null"#
      ]),
    BrokenFile(
      "port used twice",
      Sample.users(
        #"{"name":"Afif","port":5001},{"name":"B","port":5002},{"name":"C","port":5001}"#),
      [
        #"1:128: users[2].port: 5001 is already used by users[0] (Afif)"#
      ]),
    BrokenFile(
      "port of the HTTP interface",
      Sample.section(#""http":{"port":1}"#),
      [
        #"1:93: users[0].port: 1 is already used by http.port"#
      ]),
    BrokenFile(
      "default port of the HTTP interface",
      Sample.users(#"{"name":"A","port":8080}"#),
      [
        #"1:75: users[0].port: 8080 is already used by http.port (default)"#
      ]),
    BrokenFile(
      "same port under a wildcard",
      Sample.users(#"{"name":"A","port":1},{"name":"B","port":1,"address":"0.0.0.0"}"#),
      [
        #"1:97: users[1].port: 1 is already used by users[0] (A)"#
      ]),
    BrokenFile(
      "name empty",
      Sample.users(#"{"name":"","port":1}"#),
      [
        #"1:64: users[0].name: must not be empty"#
      ]),
    BrokenFile(
      "name of blanks",
      Sample.users(#"{"name":"  ","port":1}"#),
      [
        #"1:64: users[0].name: must not begin or end with a blank"#
      ]),
    BrokenFile(
      "name with a blank at its end",
      Sample.users(#"{"name":"A ","port":1}"#),
      [
        #"1:64: users[0].name: must not begin or end with a blank"#
      ]),
    BrokenFile(
      "name with a control character",
      Sample.users(#"{"name":"A\u0007","port":1}"#),
      [
        #"1:64: users[0].name: must not contain the control character U+0007"#
      ]),
    BrokenFile(
      "name with a line break",
      Sample.users(#"{"name":"A\nB","port":1}"#),
      [
        #"1:64: users[0].name: must not contain the control character U+000A"#
      ]),
    BrokenFile(
      "name like an option",
      Sample.users(#"{"name":"-rf","port":1}"#),
      [
        #"1:64: users[0].name: must not begin with "-", as options of commands do"#
      ]),
    BrokenFile(
      "name like a folder",
      Sample.users(#"{"name":"..","port":1}"#),
      [
        #"1:64: users[0].name: must not be "..", which means a folder in a path"#
      ]),
    BrokenFile(
      "name of 101 bytes",
      Sample.users(#"{"name":"\#(String(repeating: "é", count: 50))x","port":1}"#),
      [
        #"1:64: users[0].name: must be at most 100 bytes of UTF-8, not 101"#
      ]),
    BrokenFile(
      "name that grows when escaped",
      Sample.users(#"{"name":"\#(String(repeating: #"\""#, count: 75))","port":1}"#),
      [
        #"1:64: users[0].name: must be at most 148 bytes as a JSON string, not 150, so that an answer stays under 256 bytes"#
      ]),
    BrokenFile(
      "name is a number",
      Sample.users(#"{"name":7,"port":1}"#),
      [
        #"1:64: users[0].name: must be a string, not 7"#
      ]),
    BrokenFile(
      "name twice",
      Sample.users(#"{"name":"Afif","port":1},{"name":"Afif","port":2}"#),
      [
        #"1:89: users[1].name: "Afif" is already the name of users[0] (Afif); choose another name"#
      ]),
    BrokenFile(
      "name twice, by case",
      Sample.users(#"{"name":"Straße","port":1},{"name":"STRASSE","port":2}"#),
      [
        #"1:91: users[1].name: "STRASSE" is already the name of users[0] (Straße); choose another name"#
      ]),
    BrokenFile(
      "name twice, by composition",
      Sample.users(#"{"name":"Zoë","port":1},{"name":"Zoe\u0308","port":2}"#),
      [
        #"1:88: users[1].name: "Zoë" is already the name of users[0] (Zoë); choose another name"#
      ]),
    BrokenFile(
      "name is another's server",
      Sample.users(#"{"name":"A","port":1,"server":"b"},{"name":"B","port":2,"server":"s2"}"#),
      [
        #"1:99: users[1].name: "B" is already the server of users[0] (A); choose another name"#
      ]),
    BrokenFile(
      "server twice",
      Sample.users(#"{"name":"A","port":1,"server":"s"},{"name":"B","port":2,"server":"S"}"#),
      [
        #"1:121: users[1].server: "S" is already the server of users[0] (A); choose another name"#
      ]),
    BrokenFile(
      "server is another user",
      Sample.users(#"{"name":"A","port":1},{"name":"B","port":2,"server":"a"}"#),
      [
        #"1:108: users[1].server: "a" is already the name of users[0] (A); choose another name"#
      ]),
    BrokenFile(
      "default server is taken",
      Sample.users(#"{"name":"A","port":1,"server":"x"},{"name":"X","port":2}"#),
      [
        #"1:99: users[1].name: "X" is already the server of users[0] (A); choose another name"#
      ]),
    BrokenFile(
      "server bad",
      Sample.users(#"{"name":"A","port":1,"server":"-s"}"#),
      [
        #"1:86: users[0].server: must not begin with "-", as options of commands do"#
      ]),
    BrokenFile(
      "group named like a user",
      Sample.users(#"{"name":"A","port":1,"groups":["b"]},{"name":"B","port":2,"server":"s"}"#),
      [
        #"1:87: users[0].groups[0]: "b" is already the name of users[1] (B); choose another name"#
      ]),
    BrokenFile(
      "group named like a server",
      Sample.users(#"{"name":"A","port":1,"server":"s","groups":["S"]}"#),
      [
        #"1:100: users[0].groups[0]: "S" is already the server of users[0] (A); choose another name"#
      ]),
    BrokenFile(
      "group twice",
      Sample.users(#"{"name":"A","port":1,"groups":["g","G"]}"#),
      [
        #"1:91: users[0].groups[1]: "G" stands twice; keep one"#
      ]),
    BrokenFile(
      "group called all",
      Sample.users(#"{"name":"A","port":1,"groups":["All"]}"#),
      [
        #"1:87: users[0].groups[0]: "All" stands for all users; choose another name"#
      ]),
    BrokenFile(
      "user called all",
      Sample.users(#"{"name":"ALL","port":1}"#),
      [
        #"1:64: users[0].name: "ALL" stands for all users; choose another name"#
      ]),
    BrokenFile(
      "groups is a string",
      Sample.users(#"{"name":"A","port":1,"groups":"g"}"#),
      [
        #"1:86: users[0].groups: must be an array of strings, not the string "g""#
      ]),
    BrokenFile(
      "group is a number",
      Sample.users(#"{"name":"A","port":1,"groups":["g",1]}"#),
      [
        #"1:91: users[0].groups[1]: must be a string, not 1"#
      ]),
    BrokenFile(
      "address of a user",
      Sample.users(#"{"name":"A","port":1,"address":"localhost"}"#),
      [
        #"1:87: users[0].address: must be an IPv4 or IPv6 address, such as 127.0.0.1 or ::1, not "localhost""#
      ]),
    BrokenFile(
      "points too many",
      Sample.users(#"{"name":"A","port":1,"points":1000001}"#),
      [
        #"1:86: users[0].points: must be a whole number from 1 to 1000000, not 1000001"#
      ]),
    BrokenFile(
      "interval too long",
      Sample.users(#"{"name":"A","port":1,"intervalSeconds":86400.001}"#),
      [
        #"1:95: users[0].intervalSeconds: must be a number of seconds from 0.1 to 86400, not 86400.001"#
      ]),
    BrokenFile(
      "catch-up shorter than a user's interval",
      #"{"database":{"managed":{"dataDirectory":"d"}},"accrual":{"maximumCatchUpSeconds":60},"users":[{"name":"A","port":1,"intervalSeconds":61}]}"#,
      [
        #"1:134: users[0].intervalSeconds: must not be longer than accrual.maximumCatchUpSeconds (60), or nothing would ever be credited"#
      ]),
    BrokenFile(
      "names beside the name of one",
      Sample.users(#"{"names":["A","B"],"firstPort":1,"name":"C","server":"s","port":7}"#),
      [
        #"1:96: users[0].name: belongs to one user; here names and firstPort say it of several"#,
        #"1:109: users[0].server: belongs to one user; here names and firstPort say it of several"#,
        #"1:120: users[0].port: belongs to one user; here names and firstPort say it of several"#,
      ]),
    BrokenFile(
      "names without the first port",
      Sample.users(#"{"names":["A"]},{"firstPort":7}"#),
      [
        #"1:56: users[0].firstPort: missing; the first of the names has it, each other the port behind"#,
        #"1:72: users[1].names: missing; firstPort is that of the first of several names"#,
      ]),
    BrokenFile(
      "no names at all",
      Sample.users(#"{"names":[],"firstPort":7},{"names":[null],"firstPort":8}"#),
      [
        #"1:65: users[0].names: must hold at least one name"#,
        #"1:92: users[1].names: must hold at least one name"#,
      ]),
    BrokenFile(
      "names beyond the last port",
      Sample.users(#"{"names":["A","B",null],"firstPort":65534}"#),
      [
        #"1:92: users[0].firstPort: 3 names from 65534 on reach port 65536; the last there is is 65535"#
      ]),
    BrokenFile(
      "names and ports that are taken, each at its place",
      Sample.users(
        #"{"names":["A",1,"a","B"],"firstPort":7},{"name":"C","port":10},{"name":"b","port":2}"#),
      [
        #"1:70: users[0].names[1]: must be a string, not 1"#,
        #"1:72: users[0].names[2]: "a" is already the name of users[0].names[0] (A); choose another name"#,
        #"1:115: users[1].port: 10 is already used by users[0].names[3] (B)"#,
        #"1:127: users[2].name: "b" is already the name of users[0].names[3] (B); choose another name"#,
      ]),
    BrokenFile(
      "a port among several that is taken",
      Sample.users(#"{"name":"C","port":8},{"names":["A","B"],"firstPort":7}"#),
      [
        #"1:92: users[1].names[1]: its port 8 is already used by users[0] (C)"#
      ]),
  ]
}
