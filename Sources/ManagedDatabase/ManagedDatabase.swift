// ManagedDatabase
