// ManagedDatabaseTests
