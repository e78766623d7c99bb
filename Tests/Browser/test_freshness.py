"""Three faults are told apart, each within five seconds, and recovery clears them."""

import pytest
from conftest import USERS, row, wait_for_tick
from daemon import Daemon
from playwright.sync_api import expect

WITHIN = 5000  # ms


@pytest.fixture(scope="module")
def daemon():
    """Its own: it is frozen and killed here."""
    daemon = Daemon(USERS)
    try:
        daemon.start()
        yield daemon
    finally:
        daemon.stop()


GREEN = """() => [...document.querySelectorAll("body *")].filter((element) => {
  const [red, green, blue] = getComputedStyle(element).color.match(/[0-9.]+/g).map(Number);
  return green > red + 30 && green > blue + 20;
}).length"""


def test_green_is_there_to_be_lost(open_page, daemon):
    assert open_page().evaluate(GREEN) > 0


def test_a_frozen_daemon(open_page, daemon, complaints):
    page = open_page()
    complaints.expects_failures = True
    daemon.freeze()
    try:
        expect(page.locator("#banner-title")).to_have_text("Daemon lost.", timeout=WITHIN)
        expect(page.locator("#link-word")).to_have_text("No connection")
        expect(page.locator("#summary")).to_contain_text("Last known: 6 running")
        expect(page).to_have_title("No connection – Points")
        assert page.locator("#total").evaluate("(e) => getComputedStyle(e).fontStyle") == "italic"
        assert page.evaluate(GREEN) == 0
    finally:
        daemon.thaw()
    expect(page.locator("#banner")).to_be_hidden(timeout=WITHIN)
    expect(page.locator("#link-word")).to_have_text("Live", timeout=WITHIN)
    wait_for_tick(page)


def test_a_killed_daemon(open_page, daemon, complaints):
    page = open_page()
    complaints.expects_failures = True
    daemon.kill()
    expect(page.locator("#banner-title")).to_have_text("Daemon lost.", timeout=WITHIN)
    assert page.evaluate(GREEN) == 0
    daemon.start()
    expect(page.locator("#banner")).to_be_hidden(timeout=WITHIN)
    wait_for_tick(page)


def test_a_frozen_database(open_page, daemon, complaints):
    page = open_page()
    complaints.expects_failures = True  # histories are refused
    daemon.freeze_database()
    try:
        expect(page.locator("#banner-title")).to_have_text("Database lost.", timeout=WITHIN)
        expect(page.locator("#link-word")).to_have_text("Database away")
        expect(page).to_have_title("Database away – Points")
        style = row(page, "Afif").locator(".cell-points").evaluate(
            "(e) => getComputedStyle(e).fontStyle")
        assert style == "italic"
        assert page.evaluate(GREEN) == 0
        # A page opened now shows the last known points and says the same.
        other = open_page(live=False)
        expect(other.locator("#banner-title")).to_have_text("Database lost.", timeout=WITHIN)
        expect(other.locator("#user-rows tr")).to_have_count(6)
    finally:
        daemon.thaw_database()
    expect(page.locator("#banner")).to_be_hidden(timeout=15_000)
    wait_for_tick(page)


def test_a_late_user(open_page, daemon):
    page = open_page()
    with daemon.locked_row("Afif"):
        expect(page.locator("#banner-title")).to_have_text("Ticks are late.", timeout=WITHIN)
        expect(page.locator("#banner-text")).to_contain_text("Afif should have earned points")
        expect(row(page, "Afif").locator(".cell-status")).to_contain_text("late")
        expect(row(page, "Syahmi").locator(".cell-status")).not_to_contain_text("late")
        expect(page.locator("#summary")).to_have_text("6 running, 1 late")
        # The others are not held up.
        wait_for_tick(page, "Syahmi")
    expect(page.locator("#banner")).to_be_hidden(timeout=WITHIN)
    wait_for_tick(page, "Afif")


def test_each_fault_has_its_own_shape(open_page, daemon):
    page = open_page()
    shapes = page.evaluate(
        "() => ['lost', 'database', 'late'].map((name) =>"
        " document.querySelector(`#shape-${name} path`).getAttribute('d'))")
    assert len(set(shapes)) == 3
