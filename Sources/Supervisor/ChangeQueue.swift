/// Which change may begin: at most one of a user is under way, in the order in which they came. A
/// change to several users waits for all of them. Tickets are the caller's numbers.
struct ChangeQueue: Sendable {
  private var underWay: [Int: Set<String>] = [:]
  private var waiting: [(ticket: Int, users: Set<String>)] = []

  /// Whether the change may begin now; else it waits.
  mutating func enter(_ ticket: Int, users: [String]) -> Bool {
    let users = Set(users)
    guard isFree(users, before: waiting.count) else {
      waiting.append((ticket, users))
      return false
    }
    underWay[ticket] = users
    return true
  }

  /// A change is over, or no longer waits.
  /// - Returns: those that may begin now.
  mutating func leave(_ ticket: Int) -> [Int] {
    underWay[ticket] = nil
    waiting.removeAll { $0.ticket == ticket }
    var begun: [Int] = []
    var index = 0
    while index < waiting.count {
      let (ticket, users) = waiting[index]
      if isFree(users, before: index) {
        underWay[ticket] = users
        begun.append(ticket)
        waiting.remove(at: index)
      } else {
        index += 1
      }
    }
    return begun
  }

  /// Changes under way, or waiting, that concern some users.
  func tickets(of users: [String]) -> [Int] {
    let users = Set(users)
    return underWay.filter { !$0.value.isDisjoint(with: users) }.keys.sorted()
      + waiting.filter { !$0.users.isDisjoint(with: users) }.map(\.ticket)
  }

  private func isFree(_ users: Set<String>, before index: Int) -> Bool {
    underWay.values.allSatisfy { $0.isDisjoint(with: users) }
      && waiting[..<index].allSatisfy { $0.users.isDisjoint(with: users) }
  }
}
