/// Texts of configuration files for tests.
enum Sample {
  /// As `config/pointsd.json`.
  static let good = """
    {
      "$schema": "./pointsd.schema.json",
      "database":  { "managed": { "dataDirectory": "../var/mariadb" } },
      "http":      { "address": "127.0.0.1", "port": 8080 },
      "control":   { "socket": "../var/control.sock" },
      "listeners": { "address": "127.0.0.1" },
      "accrual":   { "points": 10, "intervalSeconds": 30 },
      "users": [
        { "name": "Afif",    "port": 5001, "server": "server1",   "groups": ["python"] },
        { "name": "Syahmi",  "port": 5002, "server": "server2",   "groups": ["python"] },
        { "name": "Irfan",   "port": 5003, "server": "server3",   "groups": ["python"] },
        { "name": "Hairiel", "port": 6001, "server": "server_c1", "groups": ["c"] },
        { "name": "Faiz",    "port": 6002, "server": "server_c2", "groups": ["c"] }
      ]
    }
    """

  /// One line with a managed database and these users; the users begin at column 53.
  static func users(_ users: String) -> String {
    #"{"database":{"managed":{"dataDirectory":"d"}},"users":[\#(users)]}"#
  }

  /// One line with one user and this before it, from column 2 on.
  static func section(_ section: String) -> String {
    #"{\#(section),"database":{"managed":{"dataDirectory":"d"}},"users":[{"name":"A","port":1}]}"#
  }

  /// One line with one user and this database, from column 13 on.
  static func database(_ database: String) -> String {
    #"{"database":\#(database),"users":[{"name":"A","port":1}]}"#
  }
}
