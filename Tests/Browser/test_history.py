"""The chart comes from the ledger: a reload or a restart loses nothing."""

from conftest import row, wait_for_tick
from playwright.sync_api import expect

POINTS = """() => Object.fromEntries(Chart.getChart("course").data.datasets.map(
  ({ label, data }) => [label, data.map(({ x, y }) => [x, y])]))"""


def lines(page, at_least: int):
    page.wait_for_function(
        "(least) => { const chart = Chart.getChart('course');"
        " return chart && chart.data.datasets.length"
        " && chart.data.datasets.every(({ data }) => data.length >= least) }",
        arg=at_least, timeout=30_000)
    return page.evaluate(POINTS)


def test_a_reload_keeps_the_chart(open_page, daemon):
    page = open_page()
    before = lines(page, 6)
    page.reload()
    after = lines(page, 6)
    assert before.keys() == after.keys()
    for user, points in before.items():
        known = {tuple(point) for point in after[user]}
        assert len([point for point in points[-5:] if tuple(point) in known]) == 5


def test_a_restart_keeps_the_chart(open_page, daemon, complaints):
    page = open_page()
    before = lines(page, 6)
    complaints.expects_failures = True
    daemon.process.terminate()
    daemon.process.wait(30)
    daemon.start()
    expect(page.locator("#link-word")).to_have_text("Live", timeout=10_000)
    page.reload()
    after = lines(page, 6)
    for user, points in before.items():
        known = {tuple(point) for point in after[user]}
        assert tuple(points[-1]) in known


def test_the_range_is_chosen_and_stands_in_the_address(open_page, daemon):
    page = open_page()
    lines(page, 2)
    for value, label, hours in (("1h", "1 hour", 1), ("24h", "24 hours", 24), ("7d", "7 days", 168)):
        with page.expect_response(
                lambda response: "/history?from=" in response.url) as response:
            page.get_by_text(label, exact=True).click()
        assert response.value.ok
        assert page.url.endswith(f"?range={value}")
        page.wait_for_function(
            "(hours) => { const { min, max } = Chart.getChart('course').scales.x;"
            " return Math.abs(max - min - hours * 3600e3) < 60e3 }", arg=hours)
    page.reload()
    expect(page.locator("#range-7d")).to_be_checked()
    with page.expect_response(lambda response: "/history?updates=20" in response.url):
        page.get_by_text("20 updates", exact=True).click()
    assert "range" not in page.url


def test_no_tick_is_missing_on_the_chart(open_page, daemon):
    page = open_page()
    for _ in range(5):
        wait_for_tick(page)
    points = lines(page, 5)["Afif"]
    values = [value for _, value in points if value is not None]
    assert [later - earlier for earlier, later in zip(values, values[1:])][-5:] == [10] * 5


def test_a_pause_is_a_gap(open_page, daemon):
    page = open_page()
    lines(page, 3)
    daemon.post("/api/users/Syahmi/pause")
    expect(row(page, "Syahmi").locator(".cell-status")).to_contain_text("paused")
    wait_for_tick(page, "Afif")
    wait_for_tick(page, "Afif")
    wait_for_tick(page, "Afif")
    daemon.post("/api/users/Syahmi/resume")
    wait_for_tick(page, "Syahmi")
    page.get_by_text("1 hour", exact=True).click()
    page.wait_for_function(
        """() => {
          const line = Chart.getChart("course").data.datasets
            .find(({ label }) => label === "Syahmi")?.data ?? [];
          const gap = line.findLastIndex(({ y }) => Number.isNaN(y));
          return gap > 0 && line.slice(gap).some(({ y }) => y >= 0);
        }""", timeout=10_000)


def test_colours_are_the_same_after_a_reload_and_differ(open_page, daemon):
    page = open_page()
    lines(page, 1)
    looks = """() => Object.fromEntries(Chart.getChart("course").data.datasets.map(
      (line) => [line.label, [line.borderColor, line.pointStyle, line.pointRotation].join()]))"""
    before = page.evaluate(looks)
    assert len(before) == 6 and len(set(before.values())) == 6
    page.reload()
    lines(page, 1)
    assert page.evaluate(looks) == before
