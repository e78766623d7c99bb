"""A changed configuration file: users come and go on an open page, and a refusal is told."""

import json
import subprocess

from conftest import row, wait_for_tick
from daemon import BINARY
from playwright.sync_api import expect

WITHIN = 5000  # ms


def reload(daemon) -> int:
    command = [BINARY.with_name("pointsctl"), "--socket", daemon.folder / "control.sock", "reload"]
    return subprocess.run(command, capture_output=True, timeout=30).returncode


def edit(daemon, change) -> None:
    configuration = json.loads(daemon.configuration.read_text())
    change(configuration)
    daemon.configuration.write_text(json.dumps(configuration))


def test_users_come_and_go(open_page, daemon):
    page = open_page()
    expect(page.locator("#user-rows tr")).to_have_count(6)
    faiz = next(user for user in daemon.users if user["name"] == "Faiz")
    edit(daemon, lambda configuration: configuration["users"].remove(faiz))
    assert reload(daemon) == 0
    expect(page.locator("#user-rows tr")).to_have_count(5, timeout=WITHIN)
    expect(page.locator("#summary")).to_have_text("5 running")
    # The others are not held up.
    wait_for_tick(page, "Afif")
    edit(daemon, lambda configuration: configuration["users"].append(faiz))
    assert reload(daemon) == 0
    expect(page.locator("#user-rows tr")).to_have_count(6, timeout=WITHIN)
    wait_for_tick(page, "Faiz")
    expect(row(page, "Faiz").locator(".cell-status")).to_contain_text("running")


def test_a_refused_reload_is_told(open_page, daemon):
    page = open_page()
    good = daemon.configuration.read_text()
    daemon.configuration.write_text(good.replace('"users"', '"usres"'))
    assert reload(daemon) == 78
    expect(page.locator("#banner-title")).to_have_text("Reload refused.", timeout=WITHIN)
    expect(page.locator("#banner-text")).to_have_text(
        "users: missing; and 1 more: pointsctl plan", timeout=WITHIN)
    assert str(daemon.folder) not in page.locator("#banner-text").inner_text()
    expect(page.locator("#banner-detail")).to_be_hidden()
    page.locator("#banner-details summary").click()
    expect(page.locator("#banner-detail")).to_contain_text("usres")
    expect(page).to_have_title("Reload refused – Points")
    wait_for_tick(page, "Afif")
    # A page opened now says the same.
    other = open_page()
    expect(other.locator("#banner-title")).to_have_text("Reload refused.", timeout=WITHIN)
    daemon.configuration.write_text(good)
    assert reload(daemon) == 0
    expect(page.locator("#banner")).to_be_hidden(timeout=WITHIN)
