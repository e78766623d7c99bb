"""Where changes need a token: logging in, by the page to log in and by the dashboard's dialog."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import USERS, row
from daemon import Daemon
from playwright.sync_api import expect

TOKEN = "0123456789abcdef0123456789abcdef"


@pytest.fixture(scope="module")
def daemon():
    """Its own: with a token, bound to every address."""
    daemon = Daemon(USERS, token=TOKEN)
    try:
        daemon.start()
        yield daemon
    finally:
        daemon.stop()


def pause(page, user: str = "Afif") -> None:
    row(page, user).get_by_role("button", name=f"Pause {user}").click()


def test_the_dashboard_asks_for_the_token(open_page, daemon, complaints):
    page = open_page()
    complaints.expects_failures = True  # the first tries are refused
    pause(page)
    page.get_by_label("The token").fill("wrong")
    page.keyboard.press("Enter")
    expect(page.locator("#notices")).to_contain_text("The token is wrong.")
    pause(page)
    page.get_by_label("The token").fill(TOKEN)
    page.keyboard.press("Enter")
    expect(page.locator("#notices")).to_contain_text("Afif is paused.")
    # From now on nothing is asked.
    row(page, "Afif").get_by_role("button", name="Resume Afif").click()
    expect(page.locator("#notices")).to_contain_text("Afif earns points again.")
    cookies = page.context.cookies()
    assert [cookie["name"] for cookie in cookies] == ["pointsd-session"]
    assert cookies[0]["httpOnly"] and cookies[0]["sameSite"] == "Strict"
    assert TOKEN not in cookies[0]["value"]
    assert page.evaluate("() => document.cookie") == ""


def test_the_page_to_log_in_and_out(open_page, daemon, complaints):
    complaints.expects_failures = True
    page = open_page("/login", live=False)
    page.get_by_label("The token").fill("wrong")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("status")).to_have_text("The token is wrong.")
    page.get_by_label("The token").fill(TOKEN)
    page.get_by_role("button", name="Log in").click()
    # It goes to the dashboard, which may change things now.
    expect(page.locator("#link-word")).to_have_text("Live", timeout=10_000)
    pause(page, "Irfan")
    expect(page.locator("#notices")).to_contain_text("Irfan is paused.")
    daemon_log = daemon.log.read_text()
    assert "logged in" in daemon_log and "failed" in daemon_log and TOKEN not in daemon_log
    page.goto(daemon.url + "/login")
    page.get_by_role("button", name="Log out").click()
    expect(page.locator("#link-word")).to_have_text("Live", timeout=10_000)
    row(page, "Irfan").get_by_role("button", name="Resume Irfan").click()
    expect(page.get_by_label("The token")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_for_everybody(open_page, scheme):
    page = open_page("/login", live=False, color_scheme=scheme)
    assert Axe().run(page).response["violations"] == []


def test_without_scripts(open_page, daemon):
    page = open_page("/login", live=False, java_script_enabled=False)
    page.get_by_label("The token").fill(TOKEN)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("table")).to_contain_text("Afif")
    page.goto(daemon.url + "/login")
    expect(page.get_by_role("status")).to_have_text("You are logged in.")


def test_another_sites_form_is_refused(open_page, daemon, complaints):
    """A page of another origin cannot log a browser in, nor use its login."""
    page = open_page()
    other = daemon.url.replace("127.0.0.1", "localhost")
    answer = page.context.request.post(
        f"{daemon.url}/login", form={"token": TOKEN}, headers={"Origin": other})
    assert answer.status == 403
