"""The page follows the daemon without being loaded again."""

import re

from conftest import row, shown_points, wait_for_tick
from daemon import HOSTILE
from playwright.sync_api import expect


def test_a_tick_changes_the_numbers_without_a_reload(open_page, daemon):
    page = open_page()
    page.evaluate("window.kept = true")
    total = page.locator("#total").inner_text()
    wait_for_tick(page)
    expect(page.locator("#total")).not_to_have_text(total)
    assert page.evaluate("window.kept") is True


def test_what_is_shown_is_what_the_api_says(open_page, daemon):
    page = open_page()
    daemon.post("/api/users/Irfan/pause")
    try:
        expect(row(page, "Irfan").locator(".cell-status")).to_contain_text("paused")
        said = daemon.get("/api/users/Irfan")
        expect(row(page, "Irfan").locator("time")).to_have_text(said["datetime_stamp"])
        assert shown_points(page, "Irfan") == said["points"]
        server = next(one for one in daemon.get("/api/servers") if one["user"] == "Irfan")
        expect(row(page, "Irfan").locator(".cell-server")).to_have_text(
            f"server3:{server['port']}")
        expect(row(page, "Irfan").locator(".cell-groups")).to_have_text("python")
    finally:
        daemon.post("/api/users/Irfan/resume")


def test_statistics_add_up(open_page, daemon):
    page = open_page()
    numbers = page.evaluate(
        """() => {
          const read = (id) => Number(document.getElementById(id).textContent.replaceAll(",", ""));
          const points = [...document.querySelectorAll("#user-rows .value")]
            .map((value) => Number(value.textContent.replaceAll(",", "")));
          return { total: read("total"), average: read("average"), maximum: read("maximum"),
            minimum: read("minimum"), points };
        }""")
    points = numbers["points"]
    assert points and points == sorted(points, reverse=True)
    assert numbers["total"] == sum(points)
    assert numbers["maximum"] == max(points) and numbers["minimum"] == min(points)
    assert abs(numbers["average"] - sum(points) / len(points)) < 0.06


def test_the_header_speaks_in_words_and_so_do_title_and_icon(open_page, daemon):
    page = open_page()
    expect(page.locator("#summary")).to_have_text("6 running")
    expect(page).to_have_title("6 running – Points")
    icon = page.locator("#icon").get_attribute("href")
    daemon.post("/api/servers/server_c2/stop")
    try:
        expect(page.locator("#summary")).to_have_text("5 running, 1 stopped")
        daemon.post("/api/users/Afif/pause")
        expect(page).to_have_title("4 running, 1 paused, 1 stopped – Points")
    finally:
        daemon.post("/api/servers/server_c2/start")
        daemon.post("/api/users/Afif/resume")
    expect(page.locator("#summary")).to_have_text("6 running")
    assert page.locator("#icon").get_attribute("href") == icon


def test_a_hostile_name_is_only_text(open_page, daemon):
    page = open_page()
    expect(row(page, HOSTILE).locator(".cell-user .name")).to_have_text(HOSTILE)
    expect(row(page, HOSTILE).locator(".cell-groups")).to_have_text("<b>bold</b>")
    row(page, HOSTILE).get_by_role("button", name=re.compile("^Reset")).click()
    expect(page.locator("#question-title")).to_contain_text(HOSTILE)
    page.keyboard.press("Escape")
    assert page.locator("body img, body b").count() == 0


def test_a_hidden_tab_holds_no_stream_and_catches_up_when_shown(open_page, daemon):
    page = open_page()
    hide = """(hidden) => {
      Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
      document.dispatchEvent(new Event("visibilitychange"));
    }"""
    with page.expect_event(
            "requestfailed", lambda request: request.url.endswith("/api/events")):
        page.evaluate(hide, True)
    expect(page.locator("body")).to_have_attribute("data-health", "connecting")
    expect(page).to_have_title("Points")
    shown = page.locator("#total").inner_text()
    with page.expect_request("**/api/events"):
        page.evaluate(hide, False)
    expect(page.locator("#link-word")).to_have_text("Live")
    expect(page.locator("#total")).not_to_have_text(shown)


def test_without_a_stream_the_page_asks_and_says_so(browser, daemon, complaints):
    context = browser.new_context()
    context.route("**/api/events", lambda route: route.abort())
    page = context.new_page()
    complaints.expects_failures = True
    complaints.watch(page)
    page.goto(daemon.url)
    expect(page.locator("#link-word")).to_have_text("No stream: asking every 5 s", timeout=10_000)
    expect(page.locator("#banner")).to_be_hidden()
    wait_for_tick(page)
    context.close()


def test_a_stream_that_says_nothing_is_no_stream(browser, daemon, complaints):
    context = browser.new_context()
    context.route("**/api/events", lambda route: None)  # never answered
    page = context.new_page()
    complaints.watch(page)
    page.goto(daemon.url)
    expect(page.locator("#link-word")).to_have_text("No stream: asking every 5 s", timeout=10_000)
    wait_for_tick(page)
    context.close()


def test_ten_tabs_of_one_browser_stay_live(browser, daemon, complaints):
    context = browser.new_context()
    streams = set()
    context.on("request", lambda request: request.url.endswith("/api/events")
               and streams.add(request))
    context.on("requestfailed", lambda request: streams.discard(request))
    pages = []
    for _ in range(10):
        page = context.new_page()
        complaints.watch(page)
        page.goto(daemon.url)
        pages.append(page)
    for page in pages:
        expect(page.locator("#link-word")).to_have_text("Live", timeout=15_000)
    for _ in range(2):
        for page in pages:
            wait_for_tick(page)
    assert len(streams) <= 2
    # Whoever leaves, the others go on.
    while len(pages) > 7:
        pages.pop(0).close()
        for page in pages:
            wait_for_tick(page)
            expect(page.locator("#link-word")).to_have_text("Live")
    context.close()
