/// All that is not a user.
extension BrokenFile {
  static let sections: [BrokenFile] = [
    BrokenFile(
      "everything missing",
      #"{}"#,
      [
        #"1:1: database: missing; give {"managed": {"dataDirectory": "…"}}, or {"hosts": ["…"]} of a server"#,
        #"1:1: users: missing; give an array of users, each with name and port"#,
      ]),
    BrokenFile(
      "users missing",
      #"{"database":{"managed":{"dataDirectory":"d"}}}"#,
      [
        #"1:1: users: missing; give an array of users, each with name and port"#
      ]),
    BrokenFile(
      "database missing",
      #"{"users":[{"name":"A","port":1}]}"#,
      [
        #"1:1: database: missing; give {"managed": {"dataDirectory": "…"}}, or {"hosts": ["…"]} of a server"#
      ]),
    BrokenFile(
      "unknown section",
      Sample.section(#""listener":{}"#),
      [
        #"1:2: listener: unknown key; the nearest known one is listeners"#
      ]),
    BrokenFile(
      "unknown key like no other",
      Sample.section(#""http":{"wallpaper":"blue"}"#),
      [
        #"1:10: http.wallpaper: unknown key; known are address, hosts, libraries, open, port, tokenFile"#
      ]),
    BrokenFile(
      "instance that no command could name",
      Sample.section(#""instance":"-x""#),
      [
        #"1:13: instance: must be at most 200 bytes without control characters, with no blank at either end and no '-' at the beginning, and not '.' or '..', not "-x""#
      ]),
    BrokenFile(
      "a private database that others share",
      Sample.database(#"{"managed":{"dataDirectory":"d"},"shared":true}"#),
      [
        #"1:55: database.shared: belongs to a database given by hosts, not to a managed one"#
      ]),
    BrokenFile(
      "unknown key in accrual",
      Sample.section(#""accrual":{"interval":3}"#),
      [
        #"1:13: accrual.interval: unknown key; the nearest known one is intervalSeconds"#
      ]),
    BrokenFile(
      "address of the HTTP interface",
      Sample.section(#""http":{"address":"127.0.0.1:8080"}"#),
      [
        #"1:20: http.address: must be an IPv4 or IPv6 address, such as 127.0.0.1 or ::1, not "127.0.0.1:8080""#
      ]),
    BrokenFile(
      "host with a scheme",
      Sample.section(#""http":{"hosts":["http://example.org"]}"#),
      [
        #"1:19: http.hosts[0]: must be a host name without scheme or port, not "http://example.org""#
      ]),
    BrokenFile(
      "token file missing",
      Sample.section(#""http":{"tokenFile":"none/token"}"#),
      [
        #"1:22: http.tokenFile: FOLDER/none/token: no such file"#
      ]),
    BrokenFile(
      "token file too short",
      Sample.section(#""http":{"tokenFile":"password"}"#),
      [
        #"1:22: http.tokenFile: FOLDER/password: the token has 6 characters and needs 16 or more; make one: openssl rand -hex 32"#
      ]),
    BrokenFile(
      "open to the network",
      Sample.section(#""http":{"open":true,"address":"0.0.0.0"}"#),
      [
        #"1:17: http.open: must not be true while http.address is 0.0.0.0: everybody who reaches it from elsewhere could change everything; use 127.0.0.1 or ::1, or http.tokenFile in place of open"#
      ]),
    BrokenFile(
      "open as a word",
      Sample.section(#""http":{"open":"yes"}"#),
      [
        #"1:17: http.open: must be true or false, not the string "yes""#
      ]),
    BrokenFile(
      "group of the control socket unknown",
      Sample.section(#""control":{"group":"no such group"}"#),
      [
        #"1:21: control.group: there is no group "no such group" on this machine; make it (groupadd --system NAME), or leave the key out: then owner and root only may use the socket"#
      ]),
    BrokenFile(
      "group of the control socket with U+0000",
      Sample.section(#""control":{"group":"root\u0000x"}"#),
      [
        #"1:21: control.group: there is no group "root\u0000x" on this machine; make it (groupadd --system NAME), or leave the key out: then owner and root only may use the socket"#
      ]),
    BrokenFile(
      "libraries",
      Sample.section(#""http":{"libraries":{"bootstrap":true,"chart.js":"x"}}"#),
      [
        #"1:35: http.libraries.bootstrap: must be a string, not true"#,
        #"1:40: http.libraries.chart.js: unknown key; the nearest known one is chartjs"#,
      ]),
    BrokenFile(
      "control socket too long",
      Sample.section(#""control":{"socket":"/\#(String(repeating: "s", count: 107))"}"#),
      [
        #"1:22: control.socket: must be at most 107 bytes long as an absolute path, not 108: /sssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss"#
      ]),
    BrokenFile(
      "control socket with U+0000",
      Sample.section(#""control":{"socket":"a\u0000b"}"#),
      [
        #"1:22: control.socket: must not contain the control character U+0000"#
      ]),
    BrokenFile(
      "points 0",
      Sample.section(#""accrual":{"points":0}"#),
      [
        #"1:22: accrual.points: must be a whole number from 1 to 1000000, not 0"#
      ]),
    BrokenFile(
      "interval too short",
      Sample.section(#""accrual":{"intervalSeconds":0.05}"#),
      [
        #"1:31: accrual.intervalSeconds: must be a number of seconds from 0.1 to 86400, not 0.05"#
      ]),
    BrokenFile(
      "interval finer than a millisecond",
      Sample.section(#""accrual":{"intervalSeconds":0.1005}"#),
      [
        #"1:31: accrual.intervalSeconds: must be whole milliseconds, at most three decimal places, not 0.1005"#
      ]),
    BrokenFile(
      "interval negative",
      Sample.section(#""accrual":{"intervalSeconds":-30}"#),
      [
        #"1:31: accrual.intervalSeconds: must be a number of seconds from 0.1 to 86400, not -30"#
      ]),
    BrokenFile(
      "interval as a string",
      Sample.section(#""accrual":{"intervalSeconds":"30s"}"#),
      [
        #"1:31: accrual.intervalSeconds: must be a number of seconds from 0.1 to 86400, not the string "30s""#
      ]),
    BrokenFile(
      "catch-up shorter than an interval",
      Sample.section(#""accrual":{"intervalSeconds":60,"maximumCatchUpSeconds":30}"#),
      [
        #"1:58: accrual.maximumCatchUpSeconds: must not be shorter than intervalSeconds (60), or nothing would ever be credited"#
      ]),
    BrokenFile(
      "level unknown",
      Sample.section(#""log":{"level":"verbose"}"#),
      [
        #"1:17: log.level: must be one of trace, debug, info, notice, warning, error, critical, not "verbose""#
      ]),
    BrokenFile(
      "limits of listeners",
      Sample.section(#""listeners":{"connections":0,"connectionsPerServer":-1,"idleSeconds":0.5}"#),
      [
        #"1:29: listeners.connections: must be a whole number from 1 to 10000000, not 0"#,
        #"1:54: listeners.connectionsPerServer: must be a whole number from 1 to 1000000, not -1"#,
        #"1:71: listeners.idleSeconds: must be a whole number from 0 to 31536000, not 0.5"#,
      ]),
    BrokenFile(
      "section is a string",
      Sample.section(#""accrual":"fast""#),
      [
        #"1:12: accrual: must be an object, not the string "fast""#
      ]),
    BrokenFile(
      "managed without a folder",
      Sample.database(#"{"managed":{}}"#),
      [
        #"1:24: database.managed.dataDirectory: missing; give the folder that is to hold the database"#
      ]),
    BrokenFile(
      "managed with an empty folder",
      Sample.database(#"{"managed":{"dataDirectory":""}}"#),
      [
        #"1:41: database.managed.dataDirectory: must not be empty"#
      ]),
    BrokenFile(
      "managed in a folder with an apostrophe",
      Sample.database(#"{"managed":{"dataDirectory":"/it's"}}"#),
      [
        #"1:41: database.managed.dataDirectory: must not contain a colon, an apostrophe or a backslash, which MariaDB's programs cannot handle, as an absolute path: /it's"#
      ]),
    BrokenFile(
      "managed with keys of a given one",
      Sample.database(#"{"managed":{"dataDirectory":"d"},"connections":4}"#),
      [
        #"1:60: database.connections: belongs to a database given by hosts, not to a managed one"#
      ]),
    BrokenFile(
      "managed and given",
      Sample.database(#"{"managed":{"dataDirectory":"d"},"hosts":["/s"]}"#),
      [
        #"1:54: database.hosts: either managed or hosts can be given, not both"#
      ]),
    BrokenFile(
      "neither managed nor given",
      Sample.database(#"{"name":"points"}"#),
      [
        #"1:13: database.managed: missing; give managed, or hosts of a server that is there"#
      ]),
    BrokenFile(
      "two hosts",
      Sample.database(#"{"hosts":["/a","/b"]}"#),
      [
        #"1:22: database.hosts: must hold exactly one host:port or socket path, not 2"#
      ]),
    BrokenFile(
      "no host",
      Sample.database(#"{"hosts":[]}"#),
      [
        #"1:22: database.hosts: must hold exactly one host:port or socket path, not 0"#
      ]),
    BrokenFile(
      "host with a bad port",
      Sample.database(#"{"hosts":["db:99999"],"passwordFile":"password"}"#),
      [
        #"1:23: database.hosts[0]: must be host:port, [IPv6]:port or the path of a socket, not "db:99999""#
      ]),
    BrokenFile(
      "IPv6 host without brackets",
      Sample.database(#"{"hosts":["::1"],"passwordFile":"password"}"#),
      [
        #"1:23: database.hosts[0]: must be host:port, [IPv6]:port or the path of a socket, not "::1""#
      ]),
    BrokenFile(
      "TCP without a password file",
      Sample.database(#"{"hosts":["db:3306"]}"#),
      [
        #"1:13: database.passwordFile: missing; a server reached over TCP asks for a password; over a socket none is needed"#
      ]),
    BrokenFile(
      "password file missing",
      Sample.database(#"{"hosts":["db"],"passwordFile":"none"}"#),
      [
        #"1:44: database.passwordFile: FOLDER/none: no such file"#
      ]),
    BrokenFile(
      "password file is a folder",
      Sample.database(#"{"hosts":["db"],"passwordFile":"."}"#),
      [
        #"1:44: database.passwordFile: FOLDER: is a directory; name the file in it"#
      ]),
    BrokenFile(
      "password file is empty",
      Sample.database(#"{"hosts":["db"],"passwordFile":"empty"}"#),
      [
        #"1:44: database.passwordFile: FOLDER/empty: the file is empty"#
      ]),
    BrokenFile(
      "password file of two lines",
      Sample.database(#"{"hosts":["db"],"passwordFile":"lines"}"#),
      [
        #"1:44: database.passwordFile: FOLDER/lines: must hold one line of text and nothing else"#
      ]),
    BrokenFile(
      "TLS as a word",
      Sample.database(#"{"hosts":["db"],"passwordFile":"password","tls":1}"#),
      [
        #"1:61: database.tls: must be true, false or the path of a file with the authority's certificate, not 1"#
      ]),
    BrokenFile(
      "TLS with a file that is missing",
      Sample.database(#"{"hosts":["db"],"passwordFile":"password","tls":"none.pem"}"#),
      [
        #"1:61: database.tls: FOLDER/none.pem: no such file"#
      ]),
    BrokenFile(
      "TLS with a file without a certificate",
      Sample.database(#"{"hosts":["db"],"passwordFile":"password","tls":"password"}"#),
      [
        #"1:61: database.tls: FOLDER/password: holds no certificate in PEM form (BEGIN CERTIFICATE)"#
      ]),
    BrokenFile(
      "TLS over a socket",
      Sample.database(#"{"hosts":["/s"],"tls":true}"#),
      [
        #"1:35: database.tls: is for a server reached over TCP; a socket does not leave this machine: remove it"#
      ]),
    BrokenFile(
      "pool too large",
      Sample.database(#"{"hosts":["/s"],"connections":65}"#),
      [
        #"1:43: database.connections: must be a whole number from 1 to 64, not 65"#
      ]),
    BrokenFile(
      "many faults at once",
      "{\n  \"htpp\": {},\n  \"database\": { \"managed\": { \"dataDirectory\": 1 } },\n  \"users\": [\n    { \"name\": \"A\", \"port\": 0 },\n    { \"name\": \"a\", \"port\": 1, \"colour\": \"red\" }\n  ]\n}",
      [
        #"2:3: htpp: unknown key; the nearest known one is http"#,
        #"3:47: database.managed.dataDirectory: must be a string, not 1"#,
        #"5:28: users[0].port: must be a whole number from 1 to 65535, not 0"#,
        #"6:15: users[1].name: "a" is already the name of users[0] (A); choose another name"#,
        #"6:31: users[1].colour: unknown key; known are address, firstPort, groups, intervalSeconds, name, names, points, port, server"#,
      ]),
  ]
}
