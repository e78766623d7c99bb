// SupervisorTests
