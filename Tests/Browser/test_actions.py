"""What clicks and keys do."""

import socket

from conftest import row, shown_points, wait_for_tick
from playwright.sync_api import expect


def test_pause_and_resume_by_clicking(open_page, daemon):
    page = open_page()
    row(page, "Afif").get_by_role("button", name="Pause Afif").click()
    expect(row(page, "Afif").locator(".cell-status")).to_contain_text("paused")
    expect(page.locator("#notices")).to_contain_text("Afif is paused.")
    kept = shown_points(page, "Afif")
    wait_for_tick(page, "Syahmi")
    wait_for_tick(page, "Syahmi")
    assert shown_points(page, "Afif") == kept == daemon.points("Afif")
    row(page, "Afif").get_by_role("button", name="Resume Afif").click()
    expect(row(page, "Afif").locator(".cell-status")).to_contain_text("running")
    wait_for_tick(page, "Afif")


def test_reset_asks_first(open_page, daemon):
    page = open_page()
    daemon.post("/api/users/Faiz/pause")
    try:
        expect(row(page, "Faiz").locator(".cell-status")).to_contain_text("paused")
        before = shown_points(page, "Faiz")
        reset = row(page, "Faiz").get_by_role("button", name="Reset the points of Faiz")
        reset.click()
        expect(page.locator("#question")).to_be_visible()
        page.get_by_role("button", name="Cancel").click()
        expect(page.locator("#question")).to_be_hidden()
        assert daemon.points("Faiz") == before > 0
        reset.click()
        page.get_by_role("button", name="Reset to 0").click()
        expect(row(page, "Faiz").locator(".value")).to_have_text("0")
        assert daemon.points("Faiz") == 0
    finally:
        daemon.post("/api/users/Faiz/resume")


def test_a_server_is_stopped_started_and_restarted(open_page, daemon):
    page = open_page()
    card = page.locator("#servers li").filter(has_text="server2")
    card.get_by_role("button", name="Stop server2", exact=True).click()
    page.locator("#question-yes").click()
    expect(card.locator(".status")).to_have_text("stopped")
    expect(row(page, "Syahmi").locator(".cell-status")).to_contain_text("stopped")
    expect(row(page, "Syahmi").get_by_role("button", name="Pause Syahmi")).to_be_disabled()
    card.get_by_role("button", name="Start server2", exact=True).click()
    expect(card.locator(".status")).to_have_text("running")
    card.get_by_role("button", name="Restart server2").click()
    page.locator("#question-yes").click()
    expect(page.locator("#notices")).to_contain_text("server2 was restarted.", timeout=12_000)
    expect(card.locator(".status")).to_have_text("running")


def test_a_group_is_controlled_and_nobody_else(open_page, daemon):
    page = open_page()
    group = page.locator("#group-actions")
    group.locator("select").select_option(label="python (3 users)")
    expect(page.locator("#group-state")).to_have_text("3 running")
    expect(group.get_by_role("button", name="Start the 3 users of python", exact=True)).to_be_disabled()
    group.get_by_role("button", name="Stop the 3 users of python").click()
    expect(page.locator("#question-title")).to_have_text("Stop the 3 users of python?")
    page.locator("#question-yes").click()
    expect(page.locator("#notices")).to_contain_text("The 3 users of python are stopped.")
    expect(page.locator("#group-state")).to_have_text("3 stopped")
    expect(row(page, "Irfan").locator(".cell-status")).to_contain_text("stopped")
    expect(row(page, "Hairiel").locator(".cell-status")).to_contain_text("running")
    expect(group.get_by_role("button", name="Pause the 3 users of python")).to_be_disabled()
    group.get_by_role("button", name="Start the 3 users of python", exact=True).click()
    expect(page.locator("#group-state")).to_have_text("3 running")
    group.get_by_role("button", name="Restart the 3 users of python").click()
    page.locator("#question-yes").click()
    expect(page.locator("#notices")).to_contain_text(
        "The 3 users of python were restarted.", timeout=30_000)


def test_all_are_paused_and_resumed(open_page, daemon):
    page = open_page()
    everybody = f"all {len(daemon.users)} users"
    page.get_by_role("button", name=f"Pause {everybody}").click()
    expect(page.locator("#group-state")).to_have_text(f"{len(daemon.users)} paused")
    page.get_by_role("button", name=f"Resume {everybody}").click()
    expect(page.locator("#group-state")).to_have_text(f"{len(daemon.users)} running")
    expect(page.locator("#notices")).to_contain_text(
        f"All {len(daemon.users)} users earn points again.")


def test_a_group_that_fails_in_part_says_who(open_page, daemon, complaints):
    page = open_page()
    complaints.expects_failures = True
    hairiel = next(user for user in daemon.users if user["name"] == "Hairiel")
    daemon.post("/api/users/Hairiel/pause")
    daemon.post("/api/servers/server_c1/stop")
    try:
        with socket.socket() as other:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            other.bind(("127.0.0.1", hairiel["port"]))
            other.listen()
            page.locator("#group").select_option(label="c (2 users)")
            page.get_by_role("button", name="Restart the 2 users of c").click()
            page.locator("#question-yes").click()
            notice = page.locator("#notices .problem")
            expect(notice).to_contain_text(
                "The 2 users of c: restart failed.", timeout=30_000)
            expect(notice).to_contain_text("the rest was left alone")
    finally:
        daemon.post("/api/servers/server_c1/start")


def test_connections_and_requests_are_counted(open_page, daemon):
    page = open_page()
    port = next(user["port"] for user in daemon.users if user["name"] == "Hairiel")
    card = page.locator("#servers li").filter(has_text="server_c1")
    with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
        client.sendall(b"get_data\n")
        assert client.recv(300).startswith(b"User: Hairiel")
        expect(card.locator("dl")).to_contain_text("Connections1", timeout=10_000)
        expect(card.locator("dl")).to_contain_text("Requests1")


def test_a_refusal_is_explained(open_page, daemon, complaints):
    page = open_page()
    complaints.expects_failures = True
    page.route("**/api/users/*/pause", lambda route: route.fulfill(
        status=403, content_type="application/json",
        body='{"success":false,"error":"Changes need a token"}'))
    row(page, "Afif").get_by_role("button", name="Pause Afif").click()
    notice = page.locator("#notices .problem")
    expect(notice).to_contain_text("may look, but not change anything")
    expect(notice).to_contain_text("Changes need a token")
    notice.get_by_role("button", name="Close").click()
    expect(notice).to_have_count(0)


def test_keys(open_page, daemon):
    page = open_page()
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.type("server_c")
    expect(page.locator("#user-rows tr")).to_have_count(2)
    assert "search=server_c" in page.url
    page.keyboard.press("Escape")
    expect(page.locator("#user-rows tr")).to_have_count(6)
    page.locator("#users").focus()
    page.keyboard.press("3")
    expect(page.locator("#range-24h")).to_be_checked()
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    page.locator("#shortcuts").uncheck()
    page.keyboard.press("Escape")
    page.locator("#users").focus()
    page.keyboard.press("1")
    expect(page.locator("#range-24h")).to_be_checked()


def test_everything_is_reached_by_tab_with_a_visible_focus(open_page, daemon):
    page = open_page()
    seen = []
    for _ in range(60):
        page.keyboard.press("Tab")
        seen.append(page.evaluate(
            """() => {
              const element = document.activeElement;
              const style = getComputedStyle(element.matches(".btn-check")
                ? element.nextElementSibling : element);
              if (element === document.body) return ["", false];
              return [element.id || element.getAttribute("aria-label") || element.textContent,
                style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2];
            }"""))
    names = [name for name, _ in seen]
    for wanted in ("range-20", "measure-points", "search", "Stop Afif", "Pause Afif", "Restart Afif",
                   "Reset the points of Afif", "group-pause", "Restart server1"):
        assert wanted in names
    assert [name for name, visible in seen if name and not visible] == []


def test_a_search_without_result_says_so(open_page, daemon):
    page = open_page("/?search=nobody", live=False)
    expect(page.locator("#users-message")).to_have_text("Nobody matches “nobody”.")
