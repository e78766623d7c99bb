// ConfigurationFileTests
