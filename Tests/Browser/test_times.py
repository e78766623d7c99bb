"""Times are local, or UTC when asked for, and the zone is named wherever one stands."""

from itertools import cycle

from conftest import row
from daemon import wait_until
from playwright.sync_api import expect

TITLE = "() => Chart.getChart('course').options.scales.x.title.text"


def test_times_are_local_with_a_switch_to_utc(open_page, daemon):
    page = open_page(timezone_id="Asia/Kuala_Lumpur")
    page.wait_for_function("() => Chart.getChart('course')?.data.datasets.length > 0")
    daemon.post("/api/users/Faiz/pause")
    try:
        expect(row(page, "Faiz").locator(".cell-status")).to_contain_text("paused")
        stamp = row(page, "Faiz").locator("time")
        utc = daemon.get("/api/users/Faiz")["datetime_stamp"]
        hour = (int(utc[11:13]) + 8) % 24
        expect(stamp).to_contain_text(f" {hour:02}{utc[13:]}")
        expect(stamp).to_have_attribute("title", f"{stamp.inner_text()} GMT+8")
        expect(page.locator("#zone")).to_have_text("GMT+8")
        expect(page.locator("#zone-of-table")).to_have_text("GMT+8")
        assert page.evaluate(TITLE) == "Time, GMT+8"
        box = page.locator("#course").bounding_box()
        places = cycle(range(30, 95, 5))

        def tooltip_names_the_zone():
            # A drawing of the chart takes the tooltip away until the mouse moves again.
            page.mouse.move(box["x"] + next(places) / 100 * box["width"], box["y"] + 0.5 * box["height"])
            return page.evaluate("() => Chart.getChart('course').tooltip.title?.[0]?.endsWith(' GMT+8')")

        wait_until(tooltip_names_the_zone, 15, "the tooltip names the zone")
        page.get_by_label("UTC").check()
        expect(stamp).to_have_text(utc)
        for zone in ("#zone", "#zone-of-table"):
            expect(page.locator(zone)).to_have_text("UTC")
        page.wait_for_function(f"() => ({TITLE})() === 'Time, UTC'")
        page.reload()
        expect(page.get_by_label("UTC")).to_be_checked()
        expect(row(page, "Faiz").locator("time")).to_have_text(utc)
    finally:
        daemon.post("/api/users/Faiz/resume")
