"""Who may change: readers, browsers that were let in by a link, and everybody with http.open."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import USERS, row
from daemon import Daemon
from playwright.sync_api import expect


def test_a_reader_sees_no_buttons_and_how_to_be_let_in(open_page, daemon):
    page = open_page(let_in=False)
    expect(page.locator("#access")).to_contain_text("pointsctl login")
    for name in ("Pause Afif", "Stop server1", "Pause all 6 users"):
        expect(page.get_by_role("button", name=name)).to_have_count(0)
    expect(page.locator("#user-rows tr")).to_have_count(6)
    expect(page.locator("#session")).to_be_hidden()


def test_a_link_lets_a_browser_in_once(open_page, daemon, complaints):
    link = daemon.login_link()
    page = open_page(let_in=False)
    page.goto(link)
    page.get_by_role("button", name="Let this browser in").click()
    # It goes to the dashboard, which may change things now.
    row(page, "Afif").get_by_role("button", name="Pause Afif").click()
    expect(page.locator("#notices")).to_contain_text("Afif is paused.")
    expect(page.locator("#access")).to_be_hidden()
    reason = next(one for one in daemon.get("/api/servers") if one["user"] == "Afif")["reason"]
    assert reason is None  # who asked is not for readers
    row(page, "Afif").get_by_role("button", name="Resume Afif").click()
    expect(page.locator("#notices")).to_contain_text("Afif earns points again.")
    cookies = page.context.cookies()
    assert [cookie["name"] for cookie in cookies] == ["pointsd-session"]
    assert cookies[0]["httpOnly"] and cookies[0]["sameSite"] == "Strict"
    assert page.evaluate("() => document.cookie") == ""
    # A second browser comes too late.
    complaints.expects_failures = True
    other = open_page(let_in=False)
    other.goto(link)
    other.get_by_role("button", name="Let this browser in").click()
    expect(other.get_by_role("status")).to_contain_text("works once, for 10 minutes")
    log = daemon.log.read_text()
    assert "let in by" in log and link.rpartition("/")[2] not in log


def test_a_session_outlives_the_daemon_and_ends_by_log_out(open_page, daemon, complaints):
    page = open_page()
    complaints.expects_failures = True  # the daemon is away for a moment
    daemon.kill()
    daemon.start()
    page.goto(daemon.url)
    expect(page.locator("body")).to_have_attribute("data-access", "change")
    page.get_by_role("button", name="Log out").click()
    expect(page.locator("body")).to_have_attribute("data-access", "read")
    expect(page.get_by_role("button", name="Pause Afif")).to_have_count(0)


def test_a_session_that_was_revoked_is_said(open_page, daemon, complaints):
    page = open_page()
    complaints.expects_failures = True
    daemon.post("/api/login/revoke")
    row(page, "Irfan").get_by_role("button", name="Pause Irfan").click()
    expect(page.locator("#notices .problem")).to_contain_text("pointsctl login")
    expect(page.locator("body")).to_have_attribute("data-access", "read")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_for_everybody(open_page, daemon, complaints, scheme):
    complaints.expects_failures = True
    for path in ("/login", daemon.login_link().removeprefix(daemon.url), "/api/logs"):
        page = open_page(path, live=False, let_in=False, color_scheme=scheme)
        expect(page.get_by_role("heading", name="Points")).to_be_visible()
        assert Axe().run(page).response["violations"] == []
    page = open_page(let_in=False, color_scheme=scheme)
    assert Axe().run(page).response["violations"] == []


def test_without_scripts(open_page, daemon):
    link = daemon.login_link()
    page = open_page("/", live=False, let_in=False, java_script_enabled=False)
    page.get_by_role("link", name="Who may change things?").click()
    expect(page.locator("main")).to_contain_text("pointsctl login")
    page.goto(link)
    page.get_by_role("button", name="Let this browser in").click()
    expect(page.get_by_role("table")).to_contain_text("Afif")
    page.goto(daemon.url + "/login")
    expect(page.get_by_role("status")).to_contain_text("This browser was let in by")
    page.get_by_role("button", name="Log out").click()
    page.goto(daemon.url + "/login")
    expect(page.locator("main")).to_contain_text("pointsctl login")


def test_another_site_is_refused(open_page, daemon):
    """A page of another origin cannot use a browser's session, nor let it in."""
    page = open_page()
    other = daemon.url.replace("127.0.0.1", "localhost")
    for path in (daemon.login_link(), f"{daemon.url}/api/users/Afif/pause"):
        answer = page.context.request.post(path, headers={"Origin": other})
        assert answer.status == 403
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
    assert page.context.request.get(f"{daemon.url}/api/logs", headers=headers).status == 403
    assert daemon.get("/api/servers")[0]["status"] == "running"


def test_open_to_everybody_is_said(browser):
    daemon = Daemon(USERS[:1], web={"open": True})
    try:
        daemon.start()
        page = browser.new_context().new_page()
        page.goto(daemon.url)
        expect(page.locator("#access")).to_contain_text("http.open is set")
        page.get_by_role("button", name="Pause Afif").click()
        expect(page.locator("#notices")).to_contain_text("Afif is paused.")
        assert "http.open: EVERYBODY" in daemon.log.read_text()
        page.context.close()
    finally:
        daemon.stop()
