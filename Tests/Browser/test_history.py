"""The chart comes from the ledger: a reload or a restart loses nothing."""

import re

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


def changes(line: list) -> list:
    """The steps of a line without its ends, which move with the window."""
    return [tuple(point) for point in line[1:-1]]


def test_a_reload_keeps_the_chart(open_page, daemon):
    page = open_page()
    before = lines(page, 6)
    page.reload()
    after = lines(page, 6)
    assert before.keys() == after.keys()
    for user, points in before.items():
        known = changes(after[user])
        assert len([point for point in changes(points)[-4:] if point in known]) == 4


def test_who_watched_a_sequential_start_and_who_came_later_see_the_same(open_page, daemon):
    for user in ("Irfan", "Faiz", "Syahmi"):
        daemon.post(f"/api/users/{user}/pause")
    watching = open_page()
    lines(watching, 3)
    for user in ("Irfan", "Faiz", "Syahmi"):
        daemon.post(f"/api/users/{user}/resume")
        for _ in range(3):
            wait_for_tick(watching, user)
    coming = open_page()
    lines(coming, 3)
    coming.wait_for_timeout(1500)
    seen, found = lines(watching, 3), lines(coming, 3)
    assert seen.keys() == found.keys()
    begin = "() => Chart.getChart('course').scales.x.min"
    assert abs(watching.evaluate(begin) - coming.evaluate(begin)) <= 1500
    for user in seen:
        # At the left and right edge a second more or less is seen.
        known = changes(found[user])
        assert [one for one in changes(seen[user])[1:-1] if one not in known] == []
    # Everybody's last 20 updates are in it: nobody's beginning is lost.
    for user, line in found.items():
        updates = daemon.get(f"/api/users/{user}/history?updates=20") if user.isalpha() else []
        for update in updates[:3]:
            moment = coming.evaluate("(s) => Date.parse(s.replace(' ', 'T') + 'Z')",
                                     update["datetime_stamp"])
            assert coming.evaluate(begin) <= moment + 3000, user


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
        assert changes(points)[-1] in changes(after[user])


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
    points = changes(lines(page, 5)["Afif"])
    values = [value for _, value in points]
    assert [later - earlier for earlier, later in zip(values, values[1:])][-4:] == [10] * 4


def test_lines_are_steps(open_page, daemon):
    page = open_page()
    lines(page, 3)
    assert page.evaluate(
        "() => Chart.getChart('course').data.datasets.every(({ stepped }) => stepped === true)")


PALE = """() => {
  const { data, segment } = Chart.getChart("course").data.datasets
    .find(({ label }) => label === "Syahmi");
  const known = data.findIndex(({ y }) => y >= 0);
  return {
    pale: data.flatMap(({ earning, y }, index) => earning || !(y >= 0) ? [] :
      [[data[index + 1]?.y ?? y, y, segment.borderColor({ p0DataIndex: index })]]),
    gaps: data.slice(known).filter(({ y }) => !(y >= 0)).length,
    colour: Chart.getChart("course").data.datasets.find(({ label }) => label === "Syahmi").borderColor,
  };
}"""


def test_a_pause_is_flat_and_pale_in_every_range(open_page, daemon):
    page = open_page()
    lines(page, 3)
    daemon.post("/api/users/Syahmi/pause")
    expect(row(page, "Syahmi").locator(".cell-status")).to_contain_text("paused")
    for _ in range(5):
        wait_for_tick(page, "Afif")
    live = page.evaluate(PALE)
    daemon.post("/api/users/Syahmi/resume")
    wait_for_tick(page, "Syahmi")
    found = {"live": live}
    for label in ("1 hour", "20 updates"):
        page.get_by_text(label, exact=True).click()
        page.wait_for_function(
            f"() => {{ const shown = ({PALE})(); return shown.pale.length > 0 }}", timeout=10_000)
        found[label] = page.evaluate(PALE)
    for name, shown in found.items():
        assert shown["gaps"] == 0, name
        after, level, colour = shown["pale"][-1]
        assert abs(after - level) <= 20, name
        assert colour.startswith(shown["colour"]) and len(colour) == len(shown["colour"]) + 2, name


def test_a_line_begins_at_zero(open_page, daemon):
    page = open_page()
    page.get_by_text("1 hour", exact=True).click()
    page.wait_for_function(
        "() => Chart.getChart('course').data.datasets.some(({ data }) => data.length > 3)")
    firsts = page.evaluate(
        """() => Chart.getChart("course").data.datasets
          .map(({ data }) => data.find(({ y }) => y >= 0).y)""")
    assert max(firsts) <= 30, "one sample every four seconds"


def test_ties_share_a_label_at_the_end_of_the_line(open_page, daemon):
    group = "/api/groups/all"
    daemon.post(f"{group}/stop")
    daemon.post(f"{group}/reset")
    page = open_page()
    try:
        page.wait_for_function("() => Chart.getChart('course')?.$endLabels.labels.length === 1")
        text = page.evaluate("() => Chart.getChart('course').$endLabels.labels[0].text")
        assert text.endswith(" +4") and text.count("\u2068") == 2
        expect(page.locator("#course")).to_have_attribute("aria-label", re.compile(r"\+4 0"))
    finally:
        daemon.post(f"{group}/start")


def test_the_lead_is_chosen_and_stands_in_the_address(open_page, daemon):
    page = open_page()
    lines(page, 3)
    page.get_by_text("Lead", exact=True).click()
    assert page.url.endswith("?measure=lead")
    page.reload()
    expect(page.locator("#measure-lead")).to_be_checked()
    lines(page, 1)
    expect(page.locator("#course-note")).to_contain_text("0 is the average of the 6 users drawn.")
    ends = page.evaluate(
        "() => Chart.getChart('course').data.datasets.map(({ data }) => data.at(-1).y)")
    assert abs(sum(ends)) < 0.001


def test_a_search_that_matches_nobody_says_so_in_the_chart(open_page, daemon):
    page = open_page()
    lines(page, 3)
    page.locator("#search").fill("nobody")
    expect(page.locator("#course-message")).to_have_text("Nobody matches “nobody”.")
    page.locator("#search").fill("")
    expect(page.locator("#course-message")).to_be_empty()


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
