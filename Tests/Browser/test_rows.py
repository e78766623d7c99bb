"""All that can be asked of a user is in its row, and what it does is seen on the same screen."""

import re

from conftest import row, shown_points, wait_for_tick
from playwright.sync_api import expect


def press(page, name: str, confirm: bool = False) -> None:
    page.locator("#users").get_by_role("button", name=name, exact=True).click()
    if confirm:
        page.locator("#question-yes").click()


def test_every_change_is_in_the_row(open_page, daemon):
    page = open_page()
    status = row(page, "Irfan").locator(".cell-status .status")
    press(page, "Stop Irfan", confirm=True)
    expect(status).to_have_text("stopped")
    press(page, "Reset the points of Irfan", confirm=True)
    expect(row(page, "Irfan").locator(".value")).to_have_text("0")
    press(page, "Start Irfan")
    expect(status).to_have_text("running")
    press(page, "Pause Irfan")
    expect(status).to_have_text("paused")
    press(page, "Resume Irfan")
    expect(status).to_have_text("running")
    press(page, "Restart Irfan", confirm=True)
    expect(page.locator("#notices")).to_contain_text("server3 was restarted.", timeout=12_000)
    wait_for_tick(page, "Irfan")


def test_chart_rows_and_group_bar_are_on_one_screen(open_page, daemon):
    page = open_page(viewport={"width": 1366, "height": 900})
    page.wait_for_function("() => Chart.getChart('course')?.data.datasets.length > 0")
    for target in ("#course", "#group-actions", "#user-rows tr:last-child .cell-actions"):
        box = page.locator(target).bounding_box()
        assert box["y"] >= 0 and box["y"] + box["height"] <= 900, target


def test_a_button_that_cannot_work_says_why(open_page, daemon):
    page = open_page()
    daemon.post("/api/servers/server3/stop")
    try:
        pause = row(page, "Irfan").get_by_role("button", name="Pause Irfan", exact=True)
        expect(pause).to_have_attribute("aria-disabled", "true")
        expect(pause).to_have_attribute("title", "It earns nothing to pause: it is stopped.")
        pause.click(force=True)
        expect(page.locator("#notices")).to_contain_text("it is stopped.")
        expect(row(page, "Irfan").locator(".cell-status")).to_contain_text("stopped")
    finally:
        daemon.post("/api/servers/server3/start")
    expect(pause).to_have_attribute("aria-disabled", "false")


def test_keys_start_and_pause_the_chosen_user(open_page, daemon):
    page = open_page("/?view=class")
    names = page.locator("#user-rows tr .name")
    first = page.locator("#user-rows tr").first.locator(".cell-user .name").inner_text()
    page.keyboard.press("j")
    chosen = page.locator("#user-rows tr[aria-current=true] .cell-user .name")
    expect(chosen).to_have_text(first)
    page.keyboard.press("p")
    expect(page.locator("#notices")).to_contain_text(f"{first} is paused.")
    assert daemon.get("/api/servers") and names.count() > 0
    expect(page.locator("#user-rows tr[aria-current=true] .status")).to_have_text("paused")
    page.keyboard.press("p")
    expect(page.locator("#user-rows tr[aria-current=true] .status")).to_have_text("running")
    page.keyboard.press("s")
    expect(page.locator("#question-title")).to_contain_text(re.compile("^Stop "))
    page.locator("#question-yes").click()
    expect(page.locator("#user-rows tr[aria-current=true] .status")).to_have_text("stopped")
    page.keyboard.press("s")
    expect(page.locator("#user-rows tr[aria-current=true] .status")).to_have_text("running")


def test_keys_change_nothing_for_a_reader(open_page, daemon):
    page = open_page("/?view=class", let_in=False)
    page.keyboard.press("j")
    page.keyboard.press("p")
    expect(page.locator("#notices")).to_contain_text("may look, but not change anything")
    expect(page.locator("#summary")).to_have_text("6 running")


def test_the_view_for_a_class_is_chart_names_and_points_large(open_page, daemon):
    page = open_page("/?view=class", viewport={"width": 1280, "height": 720})
    page.wait_for_function("() => Chart.getChart('course')?.data.datasets.length > 0")
    for hidden in (".statistics", "#servers", "#shares", "#group-actions", ".cell-actions"):
        expect(page.locator(hidden).first).to_be_hidden()
    assert page.locator("#course").bounding_box()["height"] >= 300
    size = row(page, "Afif").locator(".cell-points").evaluate(
        "(e) => parseFloat(getComputedStyle(e).fontSize)")
    assert size >= 24
    assert shown_points(page, "Afif") >= 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    page.get_by_role("link", name="Everything").click()
    expect(page.locator(".statistics")).to_be_visible()
