"""What the line chart shows is one pure function of what is known: lines.js, called by itself."""

import json

import pytest

START = 1_768_228_200_000  # a whole minute, in ms


@pytest.fixture(scope="module")
def call(browser, daemon):
    """Calls a function of lines.js. Maps are given and returned as objects."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(daemon.url)

    def call(name: str, *arguments, maps: tuple[int, ...] = ()):
        text = page.evaluate(
            """async ([name, values, maps]) => {
              const lines = await import("/assets/lines.js");
              const given = values.map((value, index) =>
                maps.includes(index) ? new Map(Object.entries(value)) : value);
              const found = lines[name](...given);
              return JSON.stringify(found instanceof Map ? Object.fromEntries(found) : found);
            }""", [name, list(arguments), list(maps)])
        return json.loads(text)

    yield call
    context.close()


def history(samples=(), updates=(), live=()):
    def points(all):
        names = ("x", "points", "earning")
        return [dict(zip(names, (START + 1000 * one[0], *one[1:]))) for one in all]
    return {"samples": points(samples), "updates": points(updates), "live": points(live)}


def window(first: int, last: int):
    return {"from": START + 1000 * first, "to": START + 1000 * last}


def steps(call, known, first, last):
    found = call("stepsOf", known, window(first, last))
    return [((one["x"] - START) / 1000, one["points"], one["earning"]) for one in found]


def test_a_line_is_steps_and_ends_now(call):
    known = history(samples=[(0, 0, True), (1, 0, True), (2, 10, True), (3, 10, True)],
                    updates=[(2, 10), (4, 20)])
    assert steps(call, known, 0, 6) == [(0, 0, True), (2, 10, True), (4, 20, True), (6, 20, True)]


def test_a_pause_is_flat_and_only_the_unknown_is_a_gap(call):
    known = history(samples=[(0, None, False), (1, 0, True), (2, 10, True), (3, 10, False),
                             (4, 10, False), (5, 10, True), (6, 20, True)])
    assert steps(call, known, 0, 7) == [
        (0, None, False), (1, 0, True), (2, 10, True), (3, 10, False), (5, 10, True),
        (6, 20, True), (7, 20, True)]


def test_who_watched_and_who_came_now_see_the_same(call):
    samples = [(second, 10 * (second // 5), not 12 <= second < 15) for second in range(31)]
    updates = [(second, 10 * (second // 5)) for second in range(5, 31, 5)]
    now = history(samples=samples, updates=updates)
    watched = history(
        samples=samples[:8], updates=updates[:1],
        live=[(10, 20), (12, ), (15, 30), (20, 40), (25, 50), (30, 60)])
    watched["live"][1]["earning"] = False
    watched["live"].insert(2, {"x": START + 15_000, "earning": True})
    assert steps(call, watched, 0, 30) == steps(call, now, 0, 30)
    # Also in a window whose samples are further apart than the ticks.
    for last in (4000, 90_000):
        assert steps(call, watched, -last, 30) == steps(call, now, -last, 30)


def test_the_window_holds_the_last_20_updates_of_every_user_shown(call):
    early = history(updates=[(30 * tick, 10 * tick) for tick in range(1, 31)])
    late = history(updates=[(30 * tick, tick) for tick in range(20, 31)])
    found = call("windowOf", None, ["Afif", "Faiz"], {"Afif": early, "Faiz": late},
                 START + 900_000, maps=(2,))
    assert found == {"from": START + 1000 * 30 * 10, "to": START + 900_000}
    # Those who begin are shown from before their first update.
    alone = call("windowOf", None, ["Faiz"], {"Faiz": late}, START + 900_000, maps=(2,))
    assert alone["from"] == START + 1000 * 30 * 19
    assert call("windowOf", 3_600_000, [], {}, START, maps=(2,))["from"] == START - 3_600_000


@pytest.mark.parametrize("length", [10, 999, 1000, 3600, 86_400, 604_800])
def test_samples_are_at_the_same_moments_whenever_they_are_asked_for(call, length):
    asked = [call("question", window(now - length, now)) for now in (0, 0.4, 7)]
    step = call("sampleStep", window(-length, 0))
    for question in asked:
        assert question["from"] % step == question["to"] % step == 0
        assert (question["to"] - question["from"]) == 999 * step
    assert asked[0]["from"] <= START - 1000 * length + step


def test_the_lead_is_the_difference_to_the_average(call):
    histories = {
        "Afif": history(samples=[(0, 10, True), (2, 30, True)]),
        "Faiz": history(samples=[(0, 10, True), (3, 20, True)]),
        "Late": history(samples=[(0, None, False), (4, 40, True)]),
    }
    found = call("linesOf", list(histories), histories, window(0, 5), "lead", maps=(1,))
    at = {user: {(one["x"] - START) // 1000: one["y"] for one in line}
          for user, line in found.items()}
    assert at["Afif"] == {0: 0, 2: 10, 3: 5, 4: 0, 5: 0}
    assert at["Faiz"] == {0: 0, 2: -10, 3: -5, 4: -10, 5: -10}
    assert at["Late"] == {0: None, 4: 10, 5: 10}  # nothing known is no number


def test_ties_take_one_place_of_the_eight_and_one_label(call):
    rows = [{"user": f"u{index}", "points": 40 if index < 30 else 10} for index in range(32)]
    drawn = [row["user"] for row in call("chosen", rows)]
    assert drawn == [*(f"u{index}" for index in range(7)), "u30"]
    lines = {user: [{"x": START, "y": 40 if user != "u30" else 10}] for user in drawn}
    labels = call("labelsOf", rows, drawn, lines, maps=(2,))
    assert [label["text"] for label in labels] == ["\u2068u0\u2069, \u2068u1\u2069 +28",
                                                   "\u2068u30\u2069, \u2068u31\u2069"]
