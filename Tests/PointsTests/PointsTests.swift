// PointsTests
