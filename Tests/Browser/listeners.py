"""Many listeners of /api/events at once: does each get each event, and does the memory stay flat?

    python listeners.py [--listeners 500] [--seconds 60]
"""

import argparse
import asyncio
import statistics
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from daemon import Daemon


# Pages that the allocator keeps come and go; 500 growing buffers would be far more.
GROWTH_LIMIT = 2 << 20  # bytes


@dataclass
class Listener:
    """What one listener got."""

    sequences: list[int] = field(default_factory=list)  # of ids, the snapshot's first
    names: dict[str, int] = field(default_factory=dict)  # events by name
    fault: str | None = None

    @property
    def gaps(self) -> int:
        return sum(
            later != earlier + 1 for earlier, later in zip(self.sequences, self.sequences[1:]))


@dataclass
class Outcome:
    listeners: list[Listener]
    resident: list[int]  # bytes, once a second while all listen
    first: int  # the newest snapshot's sequence: events after it are owed to everybody
    last: int  # the newest sequence that was published before the end

    @property
    def growth(self) -> int:
        """From the first third of the time to the last, in bytes."""
        third = max(1, len(self.resident) // 3)
        return int(
            statistics.mean(self.resident[-third:]) - statistics.mean(self.resident[:third]))

    def faults(self) -> list[str]:
        found = []
        for number, one in enumerate(self.listeners):
            if one.fault:
                found.append(f"listener {number}: {one.fault}")
            elif one.gaps or "resync" in one.names:
                found.append(f"listener {number}: {one.gaps} gaps, {one.names}")
            elif one.sequences[-1] < self.last:
                found.append(f"listener {number}: ended at {one.sequences[-1]} of {self.last}")
        return found


async def lines(reader: asyncio.StreamReader):
    """The lines of a chunked answer's body."""
    rest = b""
    while True:
        size = int((await reader.readline()).split(b";")[0] or b"0", 16)
        if size == 0:
            return
        rest += await reader.readexactly(size)
        await reader.readline()
        *whole, rest = rest.split(b"\n")
        for line in whole:
            yield line.decode()


async def listen(address: str, listener: Listener, began: asyncio.Event) -> None:
    host, port = urlsplit(address).hostname, urlsplit(address).port
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(f"GET /api/events HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        if " 200 " not in head or "chunked" not in head.lower():
            listener.fault = head.splitlines()[0]
            return
        async for line in lines(reader):
            key, _, value = line.partition(": ")
            if key == "id":
                listener.sequences.append(int(value.rpartition("-")[2]))
                began.set()
            elif key == "event":
                listener.names[value] = listener.names.get(value, 0) + 1
        listener.fault = "the stream ended"
    except asyncio.CancelledError:
        raise
    except (OSError, asyncio.IncompleteReadError) as problem:
        listener.fault = repr(problem)
    finally:
        began.set()
        writer.close()


async def measure(daemon: Daemon, count: int, seconds: float) -> Outcome:
    listeners = [Listener() for _ in range(count)]
    began = [asyncio.Event() for _ in listeners]
    tasks = [asyncio.create_task(listen(daemon.url, one, event))
             for one, event in zip(listeners, began)]
    async with asyncio.timeout(60):
        for event in began:
            await event.wait()
    first = max(one.sequences[0] for one in listeners if one.sequences)
    resident = []
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        resident.append(daemon.resident_bytes())
        await asyncio.sleep(1)
    # What anybody got by now everybody must get soon.
    last = max(one.sequences[-1] for one in listeners if one.sequences)
    async with asyncio.timeout(5):
        while any(one.sequences and one.sequences[-1] < last and not one.fault
                  for one in listeners):
            await asyncio.sleep(0.05)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return Outcome(listeners, resident, first, last)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listeners", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args()
    daemon = Daemon([{"name": "Afif"}], interval=1)
    try:
        daemon.start()
        before = daemon.resident_bytes()
        outcome = asyncio.run(measure(daemon, options.listeners, options.seconds))
    finally:
        daemon.stop()
    faults = outcome.faults()
    mebi = 1 << 20
    print(f"listeners {options.listeners}, {options.seconds:.0f} s, "
          f"events to each {outcome.last - outcome.first}, listeners with a fault {len(faults)}")
    print(f"resident memory {before / mebi:.1f} MiB without listeners, "
          f"{outcome.resident[0] / mebi:.1f} MiB at the beginning, "
          f"{outcome.resident[-1] / mebi:.1f} MiB at the end, growth {outcome.growth / mebi:+.2f} MiB")
    for fault in faults[:10]:
        print(fault)
    raise SystemExit(1 if faults or outcome.growth > GROWTH_LIMIT else 0)


if __name__ == "__main__":
    main()
