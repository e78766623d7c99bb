"""Layouts, access, names and the size of what is loaded."""

from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import row
from playwright.sync_api import expect

PHONE = {"width": 390, "height": 844}


def assert_accessible(page):
    page.wait_for_function("() => Chart.getChart('course')?.data.datasets.length > 0")
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [PHONE, {"width": 1366, "height": 900}], ids=["phone", "desk"])
def test_axe_finds_nothing(open_page, daemon, scheme, viewport):
    page = open_page(color_scheme=scheme, viewport=viewport)
    assert_accessible(page)
    row(page, "Afif").get_by_role("button", name="Reset the points of Afif").click()
    assert_accessible(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_while_the_database_is_away(open_page, daemon, complaints, scheme):
    page = open_page(color_scheme=scheme)
    complaints.expects_failures = True
    daemon.freeze_database()
    try:
        expect(page.locator("#banner-title")).to_have_text("Database lost.")
        assert_accessible(page)
    finally:
        daemon.thaw_database()
    expect(page.locator("#banner")).to_be_hidden(timeout=15_000)


@pytest.mark.parametrize("width", [320, 390, 768, 1024, 1366, 1920, 3840])
def test_nothing_is_wider_than_the_screen(open_page, daemon, width):
    page = open_page(viewport={"width": width, "height": 900})
    page.wait_for_function("() => Chart.getChart('course')?.data.datasets.length > 0")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_on_a_phone_each_user_is_a_card_with_buttons_for_fingers(open_page, daemon):
    page = open_page(viewport=PHONE, has_touch=True)
    assert row(page, "Afif").evaluate("(e) => getComputedStyle(e).display") == "grid"
    for name in ("Pause Afif", "Reset the points of Afif"):
        box = row(page, "Afif").get_by_role("button", name=name).bounding_box()
        assert box["height"] >= 32 and box["x"] + box["width"] <= PHONE["width"]


def test_light_and_dark_follow_the_system(open_page, daemon):
    page = open_page(color_scheme="light")
    ground = "() => getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(ground) != light
    page.wait_for_function(
        "() => Chart.getChart('course').options.scales.x.ticks.color"
        " === getComputedStyle(document.body).getPropertyValue('--muted').trim()")


def test_less_motion_where_less_is_asked_for(open_page, daemon):
    page = open_page(reduced_motion="reduce")
    moving = page.evaluate(
        "() => document.getAnimations().filter((one) => one.playState === 'running').length")
    assert moving == 0


def test_the_first_paint_is_small(browser, daemon):
    context = browser.new_context()
    page = context.new_page()
    bodies = {}
    page.on("response", lambda response: bodies.update({response.url: response}))
    page.goto(daemon.url)
    page.wait_for_function("() => performance.getEntriesByName('first-contentful-paint').length > 0")
    urls = page.evaluate(
        """() => {
          const [paint] = performance.getEntriesByName("first-contentful-paint");
          return [location.href, ...performance.getEntriesByType("resource")
            .filter((entry) => entry.startTime <= paint.startTime).map((entry) => entry.name)];
        }""")
    needed = [url for url in urls if urlsplit(url).scheme != "data"]
    assert len(needed) <= 6, needed
    own = [url for url in needed if not urlsplit(url).path.startswith("/libraries/")]
    size = sum(len(bodies[url].body()) for url in own)
    assert size <= 40 * 1024, size
    context.close()


def test_the_page_is_strict_and_cached(browser, daemon):
    context = browser.new_context()
    answers = {}
    page = context.new_page()
    page.on("response", lambda response: answers.update(
        {urlsplit(response.url).path: response.all_headers()}))
    page.goto(daemon.url)
    expect(page.locator("#link-word")).to_have_text("Live", timeout=10_000)
    policy = answers["/"]["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    for path, headers in answers.items():
        if path.startswith(("/assets/", "/libraries/")):
            assert headers["etag"].startswith('"'), path
    assert page.locator("[style]:not(canvas):not(.page)").count() == 0
    context.close()


def test_without_scripts_there_is_a_plain_table(browser, daemon):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(daemon.url)
    table = page.locator("noscript table")
    expect(table.locator("tbody tr")).to_have_count(6)
    expect(table).to_contain_text("Afif")
    expect(page.locator("#main")).to_be_hidden()
    assert page.locator("noscript meta[http-equiv=refresh]").count() == 1
    context.close()
