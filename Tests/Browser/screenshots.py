"""Takes the README's pictures from the real page: python screenshots.py [FOLDER]"""

import os
import sys
from pathlib import Path

from conftest import CHROMIUM
from daemon import ROOT, Daemon, wait_until
from playwright.sync_api import expect, sync_playwright

USERS = [
    {"name": "Afif", "server": "server1", "groups": ["python"]},
    {"name": "Syahmi", "server": "server2", "groups": ["python"]},
    {"name": "Irfan", "server": "server3", "groups": ["python"]},
    {"name": "Hairiel", "server": "server_c1", "groups": ["c"]},
    {"name": "Faiz", "server": "server_c2", "groups": ["c"]},
]


def start_one_after_the_other(daemon) -> None:
    """What the original was shown with: each user begins when the one before has some points."""
    for verb in ("stop", "reset"):
        daemon.post(f"/api/groups/all/{verb}")
    for user in USERS:
        daemon.post(f"/api/servers/{user['server']}/start")
        wait_until(lambda: daemon.points(user["name"]) >= 40, 60, f"{user['name']} earns")


def open_page(browser, daemon, **options):
    context = browser.new_context(reduced_motion="reduce", **options)
    context.request.post(daemon.login_link())
    page = context.new_page()
    page.goto(daemon.url)
    wait_for_lines(page)
    return page


def wait_for_lines(page) -> None:
    """A picture needs a line to look at."""
    expect(page.locator("#link-word")).to_have_text("Live", timeout=10_000)
    page.wait_for_function(
        "() => Chart.getChart('course')?.data.datasets.some(({ data }) => data.length >= 10)",
        timeout=60_000)


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs/screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    desk = {"viewport": {"width": 1280, "height": 860}}
    phone = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 1.5}
    daemon = Daemon(USERS, interval=1)
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    try:
        daemon.start()
        start_one_after_the_other(daemon)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
            for name, options in (
                ("light", {**desk, "color_scheme": "light"}),
                ("dark", {**desk, "color_scheme": "dark"}),
                ("phone", {**phone, "color_scheme": "dark"}),
            ):
                page = open_page(browser, daemon, **options)
                page.screenshot(path=folder / f"{name}.png", full_page=name != "phone")
                page.context.close()
            page = open_page(browser, daemon, **desk, color_scheme="light")
            page.goto(f"{daemon.url}/?view=class")
            wait_for_lines(page)
            page.screenshot(path=folder / "class.png")
            page.goto(daemon.url)
            wait_for_lines(page)
            daemon.freeze_database()
            expect(page.locator("#banner-title")).to_have_text("Database lost.", timeout=10_000)
            page.screenshot(path=folder / "database-away.png")
            daemon.thaw_database()
            browser.close()
    finally:
        daemon.stop()
    for picture in sorted(folder.glob("*.png")):
        print(f"{picture}  {picture.stat().st_size // 1024} KiB")


if __name__ == "__main__":
    main()
