"""A thousand users: what is seen is rendered, and nothing holds the page up."""

import pytest
from daemon import Daemon
from playwright.sync_api import expect

COUNT = 1000


@pytest.fixture(scope="module")
def daemon():
    daemon = Daemon([{"name": f"user{index}", "groups": ["class"]} for index in range(1, COUNT + 1)],
                    interval=1)
    try:
        daemon.start()
        yield daemon
    finally:
        daemon.stop()


WATCH = """() => {
  window.long = [];
  new PerformanceObserver((list) => window.long.push(...list.getEntries().map((one) => one.duration)))
    .observe({ type: "longtask", buffered: true });
}"""


def test_the_first_rows_are_there_in_a_second(open_page, daemon):
    open_page()  # what the daemon and the browser do once is done
    page = open_page(live=False)
    page.wait_for_selector("#user-rows tr .value")
    page.reload()
    taken = page.evaluate("""() => new Promise((resolve) => {
      const look = () => document.querySelector("#user-rows tr .value")
        ? resolve(performance.now()) : requestAnimationFrame(look);
      look();
    })""")
    assert taken <= 1000, taken


def test_no_tick_holds_the_page_up(open_page, daemon):
    page = open_page()
    page.wait_for_function("() => Chart.getChart('course')?.data.datasets.length > 0")
    page.wait_for_timeout(2000)
    page.evaluate(WATCH)
    page.evaluate("window.long.length = 0")
    page.wait_for_timeout(6000)
    assert max(page.evaluate("window.long"), default=0) <= 200


def test_a_search_is_cleared_at_once(open_page, daemon):
    page = open_page()
    page.locator("#search").fill("user77")
    expect(page.locator("#found")).to_have_text("11 of 1000")
    taken = page.evaluate("""() => new Promise((resolve) => {
      const field = document.getElementById("search");
      const begun = performance.now();
      field.value = "";
      field.dispatchEvent(new Event("input"));
      const look = () => document.querySelectorAll("#user-rows tr .value").length > 11
        ? requestAnimationFrame(() => resolve(performance.now() - begun)) : requestAnimationFrame(look);
      look();
    })""")
    assert taken <= 300, taken


def test_rows_come_into_sight_and_the_table_is_as_high_as_all_of_them(open_page, daemon):
    page = open_page()
    rows = page.locator("#user-rows tr:not(.spacer)")
    assert rows.count() < 120
    expect(page.locator("#user-table")).to_have_attribute("aria-rowcount", "1001")
    page.locator("#users-message").evaluate("(e) => e.parentElement.scrollIntoView({ block: 'end' })")
    last = page.locator("#user-rows tr[aria-rowindex='1001']")
    expect(last).to_be_visible()
    page.evaluate("scrollTo(0, 0)")
    expect(page.locator("#user-rows tr[aria-rowindex='2']")).to_be_visible()
    assert rows.count() < 120


def test_cards_are_folded_away_and_names_are_sorted_as_people_count(open_page, daemon):
    page = open_page()
    expect(page.locator("#servers li")).to_have_count(0)
    daemon.post("/api/groups/all/stop")
    daemon.post("/api/groups/all/reset")
    expect(page.locator("#maximum-note")).to_have_text("all 1,000 equal", timeout=15_000)
    names = page.locator("#user-rows .cell-user .name").all_inner_texts()[:12]
    assert names == [f"user{index}" for index in range(1, 13)]
    assert set(page.locator("#user-rows .cell-rank").all_inner_texts()) == {"1"}
    page.locator("#servers-fold summary").click()
    expect(page.locator("#servers li")).to_have_count(60)
    page.locator("#more-servers").click()
    expect(page.locator("#servers li")).to_have_count(120)
