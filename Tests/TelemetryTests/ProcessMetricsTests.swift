import Testing

@testable import Telemetry

@Suite struct ProcessMetricsTests {
  @Test func statSurvivesAnOddCommandName() {
    var metrics = ProcessMetrics()
    metrics.read(
      stat: "7 (a) b (c)) S 1 7 7 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 9 0 1000 0 0",
      ticksPerSecond: 100)
    #expect(metrics.processorSeconds == 3)
    #expect(metrics.threads == 9)
  }

  @Test func statmCountsPages() {
    var metrics = ProcessMetrics()
    metrics.read(statm: "5000 700 300 1 0 400 0\n", pageSize: 4096)
    #expect(metrics.residentBytes == 2_867_200)
  }

  @Test func brokenFilesSayNothing() {
    var metrics = ProcessMetrics()
    metrics.read(stat: "", ticksPerSecond: 100)
    metrics.read(statm: "", pageSize: 4096)
    #expect(metrics == ProcessMetrics())
  }

  @Test func thisProcessHasFigures() throws {
    let metrics = ProcessMetrics.read()
    #expect(try #require(metrics.residentBytes) > 1_000_000)
    #expect(try #require(metrics.threads) >= 1)
    #expect(try #require(metrics.openDescriptors) >= 3)
    #expect(try #require(metrics.descriptorLimit) >= 64)
    #expect(try #require(metrics.processorSeconds) >= 0)
    #expect(PrometheusRegistry().render().contains("pointsd_process_threads"))
  }
}
