"""Five hundred listeners for a minute, at one event a second."""

import asyncio
import os

import pytest
from daemon import Daemon
from listeners import measure


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
    outcome = asyncio.run(measure(daemon, 500, seconds))
    assert outcome.faults() == []
    assert outcome.last - outcome.first >= seconds - 5
    # Pages that the allocator keeps come and go; 500 growing buffers would be far more.
    assert outcome.growth < 2 << 20
