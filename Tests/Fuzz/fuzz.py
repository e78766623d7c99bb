#!/usr/bin/env python3
"""Talks nonsense to a real daemon over TCP, HTTP and the control socket, and then asks whether it is well.

Everything follows from one seed: `make fuzz SEED=n` says the same again (how the threads of both sides
take turns differs from run to run).
"""

import argparse
import os
import secrets
import socket
import sys
import threading
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "Browser"))
from daemon import Daemon, wait_until  # noqa: E402

import http_run  # noqa: E402
import tcp_cases  # noqa: E402

USERS = [
    {"name": "Afif", "server": "server1", "groups": ["python"]},
    {"name": "Jürgen \"J\" O'Neil", "server": "server2", "groups": ["python"]},
    {"name": "Faiz", "server": "server_c2", "groups": ["c"]},
]
TOKEN = secrets.token_hex(16)
WORKERS = 4


class Faults:
    """What was found, by all threads."""

    def __init__(self):
        self.found: list[str] = []
        self.lock = threading.Lock()

    def add(self, case: str, fault: str, sent) -> None:
        with self.lock:
            self.found.append(f"{case}: {fault}\n    sent: {sent!r:.1500}")

    @property
    def are_enough(self) -> bool:
        return len(self.found) >= 20


def tcp_worker(seed: str, count: int, daemon: Daemon, faults: Faults, is_stopped_at_times: bool) -> None:
    for index in range(count):
        if faults.are_enough:
            return
        random = Random(f"{seed}/{index}")
        user = random.choice(daemon.users)
        steps, expected = tcp_cases.conversation(random)
        try:
            fault = tcp_cases.hold(user["port"], user["name"], steps, None if is_stopped_at_times else expected)
        except OSError as error:
            fault = None if is_stopped_at_times else f"{error!r}"
        if fault:
            faults.add(f"{seed}/{index}", fault, steps)


def http_worker(seed: str, count: int, api: http_run.Api, faults: Faults) -> None:
    for index in range(count):
        if faults.are_enough:
            return
        sent, fault = b"", None
        try:
            sent, fault = http_run.exchange(Random(f"{seed}/{index}"), api)
        except OSError as error:
            fault = f"cannot connect: {error!r}"
        if fault:
            faults.add(f"{seed}/{index}", fault, sent)


def in_threads(work: list) -> None:
    threads = [threading.Thread(target=function, args=arguments) for function, *arguments in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def over_tcp(daemon: Daemon):
    port = int(daemon.url.rsplit(":", 1)[1])
    return lambda: socket.create_connection(("127.0.0.1", port), timeout=15)


def over_control(daemon: Daemon):
    def connect() -> socket.socket:
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(15)
        client.connect(str(daemon.folder / "control.sock"))
        return client

    return connect


def operations(daemon: Daemon) -> list[str]:
    """Everything that was asked for, by the ledger."""
    return daemon.sql("SELECT kind, user, asked_by FROM operations")


def look_after(daemon: Daemon, before: int, count: int, faults: Faults) -> None:
    """The daemon lives, serves everybody, has kept nothing open, and its ledger adds up."""

    def check(what: str, holds: bool, said: str = "") -> None:
        if not holds:
            faults.found.append(f"afterwards: {what}: {said}")

    check("the daemon lives", daemon.process.poll() is None, f"status {daemon.process.returncode}")
    for command in (["start", "all"], ["resume", "all"], ["verify"]):
        done = daemon.pointsctl(*command)
        check(f"pointsctl {' '.join(command)}", done.returncode == 0, done.stdout + done.stderr)
    for user in daemon.users:
        steps = [("send", b"get_data\nget_json\nping\nquit\n")]
        expected = [tcp_cases.LINE, tcp_cases.JSON, "pong"]
        fault = tcp_cases.hold(user["port"], user["name"], steps, expected)
        check(f"{user['name']} is answered", fault is None, fault or "")
    check("all users are listed", len(daemon.get("/api/users")) == len(USERS))
    wait_until(daemon._ready, 10, "ready after the fuzz")
    # Connections of the pools are opened when they are first needed: nine at most, each with the copy
    # that libdispatch watches. What thousands of conversations would leave is far more.
    try:
        wait_until(lambda: daemon.descriptors() <= before + 18, 20, "descriptors are closed")
    except AssertionError as error:
        check(str(error), False, f"{before} before, {daemon.descriptors()} now")
    check("no error is logged", not daemon.logged_errors(), "\n".join(daemon.logged_errors()[:5]))
    # Each change is a line or two, whatever strangers say is not.
    size = daemon.log.stat().st_size
    check("the log is short", size < max(1_000_000, 600 * count), f"{size} bytes")


def run(seed: int, count: int) -> list[str]:
    faults = Faults()
    daemon = Daemon(USERS, interval=1, token=TOKEN)
    try:
        daemon.start()
        document = daemon.document()
        names = [word for user in daemon.users for word in (user["name"], user["server"])] + ["python", "all", "nobody"]
        before, asked = daemon.descriptors(), len(operations(daemon))
        host = daemon.url.removeprefix("http://").encode()

        reader = http_run.Api(document, host, over_tcp(daemon), names, None, may_change=False)
        in_threads(
            [(tcp_worker, f"{seed}/tcp{n}", count, daemon, faults, False) for n in range(WORKERS)]
            + [(http_worker, f"{seed}/reader{n}", count, reader, faults) for n in range(WORKERS)])
        if made := operations(daemon)[asked:]:
            faults.found.append(f"changed without a right: {made[:3]}")

        scripts = http_run.Api(document, host, over_tcp(daemon), names, TOKEN.encode(), may_change=True)
        control = http_run.Api(document, b"localhost", over_control(daemon), names, None, may_change=True)
        in_threads(
            [(http_worker, f"{seed}/token{n}", count, scripts, faults) for n in range(WORKERS // 2)]
            + [(http_worker, f"{seed}/control{n}", count, control, faults) for n in range(WORKERS // 2)]
            + [(tcp_worker, f"{seed}/late{n}", count, daemon, faults, True) for n in range(2)])
        look_after(daemon, before, count, faults)
        if faults.found:
            print("the log's end:", *daemon.log.read_text(errors="backslashreplace").splitlines()[-15:], sep="\n    ")
    finally:
        daemon.stop()
    return faults.found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="which conversations are held")
    parser.add_argument(
        "--count", type=int, default=int(os.environ.get("POINTSD_FUZZ_COUNT", "250")),
        help="conversations of each of 14 threads (POINTSD_FUZZ_COUNT, 250)")
    arguments = parser.parse_args()
    print(f"again: make fuzz SEED={arguments.seed}, with POINTSD_FUZZ_COUNT={arguments.count}", flush=True)
    found = run(arguments.seed, arguments.count)
    for fault in found:
        print(f"FAILED {fault}")
    print(f"{0 if found else 1} passed, {len(found)} failed")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
