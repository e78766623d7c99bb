"""Five hundred listeners for a minute, at one event a second."""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from daemon import Daemon
from listeners import GROWTH_LIMIT, measure


@pytest.fixture
def daemon():
    daemon = Daemon([{"name": "Afif"}], interval=1)
    try:
        daemon.start()
        yield daemon
    finally:
        daemon.stop()


def test_every_listener_gets_every_event_and_the_memory_is_flat(daemon):
    seconds = float(os.environ.get("LISTENER_SECONDS", 60))
    # In a thread of its own: Playwright's loop occupies this one while other tests share it.
    with ThreadPoolExecutor(1) as thread:
        outcome = thread.submit(asyncio.run, measure(daemon, 500, seconds)).result()
    assert outcome.faults() == []
    assert outcome.last - outcome.first >= seconds - 5
    assert outcome.growth <= GROWTH_LIMIT
