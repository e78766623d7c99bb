"""Fixtures: the daemon, Debian's chromium, and pages that are watched for every complaint."""

import os
from urllib.parse import urlsplit

import pytest
from daemon import HOSTILE, Daemon
from playwright.sync_api import Page, expect, sync_playwright

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
USERS = [
    {"name": "Afif", "server": "server1", "groups": ["python"]},
    {"name": "Syahmi", "server": "server2", "groups": ["python"]},
    {"name": "Irfan", "server": "server3", "groups": ["python"]},
    {"name": "Hairiel", "server": "server_c1", "groups": ["c"]},
    {"name": "Faiz", "server": "server_c2", "groups": ["c"]},
    {"name": HOSTILE, "server": "hostile", "groups": ["<b>bold</b>"]},
]


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        # Root, as in a container, has no sandbox to enter.
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def daemon():
    daemon = Daemon(USERS)
    try:
        daemon.start()
        yield daemon
    finally:
        daemon.stop()


class Complaints:
    """What a page complains of, and where it asks."""

    def __init__(self, url: str):
        self.found: list[str] = []
        self.expects_failures = False  # a test that takes the daemon away
        self.host = urlsplit(url).netloc

    def watch(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.found.append(f"error: {error}"))
        page.on("console", self._console)
        page.on("request", self._request)
        page.on("dialog", lambda dialog: (self.found.append("a dialog"), dialog.dismiss()))

    def _console(self, message) -> None:
        # The browser itself logs each request that failed.
        failure = message.text.startswith("Failed to load resource")
        if message.type in ("error", "warning") and not (failure and self.expects_failures):
            self.found.append(f"console: {message.text} {message.location}")

    def _request(self, request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme != "data" and parts.netloc != self.host:
            self.found.append(f"request to another host: {request.url}")


@pytest.fixture
def complaints(daemon):
    complaints = Complaints(daemon.url)
    yield complaints
    assert complaints.found == []


@pytest.fixture
def open_page(browser, daemon, complaints):
    """Opens the dashboard in a new browser profile, let in by a link, and waits until it is live."""
    contexts = []

    def open(path: str = "/", live: bool = True, let_in: bool = True, **options) -> Page:
        options = {"viewport": {"width": 1366, "height": 900}, **options}
        context = browser.new_context(**options)
        contexts.append(context)
        if let_in:
            # As the button on the link's page does; test_login.py presses it.
            assert context.request.post(daemon.login_link()).ok
        page = context.new_page()
        complaints.watch(page)
        page.goto(daemon.url + path)
        if live:
            expect(page.locator("#link-word")).to_have_text("Live", timeout=10_000)
            expect(page.locator("#user-rows tr").first).to_be_visible()
            expect(page.locator("body")).to_have_attribute(
                "data-access", "change" if let_in else "read")
        return page

    yield open
    for context in contexts:
        context.close()


def row(page: Page, user: str):
    """The row of a user in the table."""
    return page.locator("#user-rows tr").filter(has=page.get_by_text(user, exact=True))


def shown_points(page: Page, user: str) -> int:
    return int(row(page, user).locator(".value").inner_text().replace(",", ""))


def wait_for_tick(page: Page, user: str = "Afif", timeout: int = 10_000) -> None:
    """Waits until the user's points on the page differ from what they are now."""
    before = row(page, user).locator(".value").inner_text()
    expect(row(page, user).locator(".value")).not_to_have_text(before, timeout=timeout)
