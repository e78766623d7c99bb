"""A failure is one sentence with its details folded, and ends when its cause ends."""

import json

from conftest import row
from playwright.sync_api import expect
from test_reload import reload

DRIVER = "Lost connection to server (2013) at /var/run/mysqld/mysqld.sock\nline two"


def refuse(page, status: int, error: str):
    page.route("**/api/users/*/pause", lambda route: route.fulfill(
        status=status, content_type="application/json",
        body=json.dumps({"success": False, "error": error})))


def test_details_are_folded_and_the_notice_ends_with_its_cause(open_page, daemon, complaints):
    page = open_page()
    complaints.expects_failures = True
    refuse(page, 503, DRIVER)
    row(page, "Afif").get_by_role("button", name="Pause Afif").click()
    notice = page.locator("#notices .problem")
    expect(notice.locator("p").first).to_have_text("Afif: pause failed.")
    expect(notice.locator("details p")).to_be_hidden()
    notice.locator("summary").click()
    expect(notice.locator("details p")).to_contain_text("2013")
    daemon.post("/api/users/Afif/pause")
    expect(notice).to_have_count(0)
    daemon.post("/api/users/Afif/resume")


def test_a_notice_ends_when_the_same_goes_well(open_page, daemon, complaints):
    page = open_page()
    complaints.expects_failures = True
    refuse(page, 409, "Afif is busy")
    button = row(page, "Afif").get_by_role("button", name="Pause Afif")
    button.click()
    expect(page.locator("#notices .problem")).to_contain_text("Afif: pause failed. Afif is busy.")
    page.unroute("**/api/users/*/pause")
    button.click()
    expect(page.locator("#notices .problem")).to_have_count(0)
    daemon.post("/api/users/Afif/resume")


def test_a_history_that_cannot_be_read_is_a_sentence_below_the_lines(open_page, daemon, complaints):
    complaints.expects_failures = True
    page = open_page()
    page.wait_for_function("() => Chart.getChart('course')?.data.datasets.length > 0")
    page.route("**/history?*", lambda route: route.fulfill(
        status=503, content_type="application/json",
        body=json.dumps({"success": False, "error": DRIVER})))
    page.get_by_text("1 hour", exact=True).click()
    expect(page.locator("#course-message")).to_have_text(
        "The history could not be read; trying again.")
    expect(page.locator("#course-detail")).to_be_hidden()
    expect(page.locator("#course-detail")).to_contain_text("2013")
    page.unroute("**/history?*")
    expect(page.locator("#course-message")).to_be_empty(timeout=10_000)
    expect(page.locator("#course-details")).to_be_hidden()


def test_while_the_database_is_away_no_button_works_and_says_why(open_page, daemon, complaints):
    page = open_page()
    complaints.expects_failures = True
    pause = row(page, "Afif").get_by_role("button", name="Pause Afif")
    daemon.freeze_database()
    try:
        expect(page.locator("#link-word")).to_have_text("Database away", timeout=5000)
        for button in (pause, page.locator("#group-stop")):
            expect(button).to_have_attribute("aria-disabled", "true")
            expect(button).to_have_attribute("title", "The database is away: nothing can be changed until it is back.")
    finally:
        daemon.thaw_database()
    expect(pause).to_have_attribute("aria-disabled", "false", timeout=15_000)


def test_two_hundred_faults_are_one_line(open_page, daemon):
    page = open_page()
    good = daemon.configuration.read_text()
    broken = json.loads(good)
    for index in range(200):
        broken["users"].append({"name": f"x{index}", "port": 20_000 + index, "colour": 1})
    daemon.configuration.write_text(json.dumps(broken))
    try:
        assert reload(daemon) == 78
        expect(page.locator("#banner-text")).to_have_text(
            'users[6].colour: unknown key; and 199 more: pointsctl plan', timeout=5000)
        assert page.locator("#banner").bounding_box()["height"] <= 60
    finally:
        daemon.configuration.write_text(good)
        assert reload(daemon) == 0
    expect(page.locator("#banner")).to_be_hidden(timeout=5000)
