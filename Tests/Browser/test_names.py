"""Long and right-to-left names, long numbers, paper, and forced colours."""

import pytest
from conftest import row
from daemon import Daemon
from playwright.sync_api import expect

HEBREW = "שירה"
LONG = "x" * 100
USERS = [
    {"name": HEBREW, "server": "שרת", "groups": ["a"]},
    {"name": LONG, "server": "s" * 100, "groups": ["a"]},
    {"name": "user10", "groups": ["a"]}, {"name": "user2", "groups": ["a"]},
]


@pytest.fixture(scope="module")
def daemon():
    daemon = Daemon(USERS, interval=3600)
    try:
        daemon.start()
        daemon.sql(f"UPDATE user_tracking SET points = 123456789012345 WHERE user = '{LONG}'")
        yield daemon
    finally:
        daemon.stop()


def test_a_port_stands_on_the_right_of_a_right_to_left_name(open_page, daemon):
    page = open_page()
    cell = row(page, HEBREW).locator(".cell-server")
    name, port = cell.locator("bdi").bounding_box(), cell.locator(".port").bounding_box()
    assert port["x"] >= name["x"] + name["width"] - 1


@pytest.mark.parametrize("width", [390, 1024, 1366])
def test_long_names_are_cut_and_long_numbers_fit(open_page, daemon, width):
    page = open_page(viewport={"width": width, "height": 900})
    expect(row(page, LONG).locator(".value")).to_have_text("123,456,789,012,345")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    cut = "(e) => e.scrollWidth > e.clientWidth && e.title.length === 100"
    card = page.locator("#servers .server h3 .name").filter(has_text="sss")
    assert card.evaluate(cut) and row(page, LONG).locator(".cell-server .name").evaluate(cut)
    for figure in ("total", "average", "maximum"):
        assert page.locator(f"#{figure}").evaluate("(e) => e.scrollWidth <= e.clientWidth + 1"), figure


def test_ties_share_a_rank_in_the_order_of_people(open_page, daemon):
    page = open_page()
    ranks = page.locator("#user-rows .cell-rank").all_inner_texts()
    assert ranks == ["1", "2", "2", "2"]
    names = page.locator("#user-rows .cell-user .name").all_inner_texts()
    assert names.index("user2") < names.index("user10")


def test_equal_shares_are_said_alike_to_a_tenth(open_page, daemon):
    page = open_page()
    shares = page.evaluate(
        "async () => (await import('/assets/doughnut.js')).shares([1, 1, 1, 25])")
    assert shares == ["3.6 %", "3.6 %", "3.6 %", "89.3 %"]


def test_paused_and_stopped_look_different_and_time_in_a_state_is_called_so(open_page, daemon):
    page = open_page()
    daemon.post("/api/users/user2/pause")
    daemon.post("/api/users/user10/pause")
    daemon.post("/api/servers/user10/stop")
    expect(row(page, "user2").locator(".status")).to_have_text("paused")
    expect(row(page, "user10").locator(".status")).to_have_text("stopped")
    look = "(e) => { const s = getComputedStyle(e); return [s.color, s.fontWeight].join() }"
    assert (row(page, "user2").locator(".status").evaluate(look)
            != row(page, "user10").locator(".status").evaluate(look))
    card = page.locator("#servers li").filter(has_text="user2")
    expect(card.locator("dl")).to_contain_text("Paused for")
    expect(page.locator("#servers")).not_to_contain_text("Uptime")


def test_paper_has_no_buttons(open_page, daemon):
    page = open_page()
    page.emulate_media(media="print")
    for button in page.locator("button, input").all():
        expect(button).to_be_hidden()
    expect(row(page, "user2")).to_be_visible()


def test_forced_colours_show_the_chosen_range(open_page, daemon):
    page = open_page(forced_colors="active")
    ground = "(e) => getComputedStyle(e).backgroundColor"
    assert (page.locator("label[for=range-20]").evaluate(ground)
            != page.locator("label[for=range-1h]").evaluate(ground))
