#!/usr/bin/env python3
"""Holds a running daemon to its own OpenAPI document: schemathesis makes the requests, with and without the token.

Afterwards the daemon must live, have logged no error and have a ledger that adds up; without the token
nothing may have been changed.
"""

import argparse
import json
import os
import re
import secrets
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE.parent / "Browser"))
from daemon import Daemon  # noqa: E402

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
TOKEN = secrets.token_hex(16)
USERS = [
    {"name": "Afif", "server": "server1", "groups": ["python"]},
    {"name": "Jürgen \"J\" O'Neil", "server": "server2", "groups": ["python"]},
    {"name": "Faiz", "server": "server_c2", "groups": ["c"]},
]


class Results:
    def __init__(self):
        self.passed, self.failed = 0, 0

    def check(self, what: str, holds: bool, said: object = "") -> None:
        print(f"{'ok' if holds else 'not ok'} {what}{'' if holds else f': {said}'}", flush=True)
        self.passed, self.failed = self.passed + holds, self.failed + (not holds)


def schemathesis(daemon: Daemon, seed: int, examples: int, *arguments: str) -> bool:
    command = [
        SCHEMATHESIS, "--config-file", HERE / "schemathesis.toml", "run", f"{daemon.url}/api/openapi.json",
        "--seed", str(seed), "--max-examples", str(examples), "--request-timeout", "20", "--no-color",
        "--generation-database", "none", "--output-truncate", "true", *arguments,
    ]
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(HERE), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, stdin=subprocess.DEVNULL, cwd=daemon.folder, env=environment, timeout=3600)
    return done.returncode == 0


def answer(daemon: Daemon, method: str, path: str, body: bytes | None = None, token: str | None = None) -> tuple[int, bytes]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    request = urllib.request.Request(daemon.url + path, data=body, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            return response.status, response.read(2000)
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def check_what_is_left_out(daemon: Daemon, results: Results) -> None:
    """What schemathesis cannot ask: streams, and the one thing that TCP never does."""
    for headers in ({}, {"Last-Event-ID": "1-1"}):
        request = urllib.request.Request(f"{daemon.url}/api/events", headers=headers)
        with urllib.request.urlopen(request, timeout=20) as events:
            kind = events.headers.get_content_type()
            lines = [events.readline() for _ in range(3)]
        results.check("events are a stream that begins with an event",
                      kind == "text/event-stream" and any(line.startswith((b"event:", b"id:", b"data:")) for line in lines), lines)
    request = urllib.request.Request(f"{daemon.url}/api/logs?follow=1", headers={"Authorization": f"Bearer {TOKEN}"})
    with urllib.request.urlopen(request, timeout=20) as log:
        line = log.readline()
    results.check("the followed log is a JSON object a line", "message" in json.loads(line), line)
    for path in ("/api/restore", "/api/restore/", "//api/restore", "/api//restore", "/api/restore?a=b"):
        for token in (None, TOKEN):
            status, body = answer(daemon, "POST", path, b"-- pointsd backup\n", token)
            results.check(f"POST {path} is refused over TCP {'with' if token else 'without'} the token",
                          status in (401, 403, 404), (status, body))


def check_metrics(daemon: Daemon, promtool: str, results: Results) -> None:
    """Prometheus' own checker: names, units and a help for each."""
    with urllib.request.urlopen(f"{daemon.url}/metrics", timeout=20) as response:
        metrics = response.read()
    done = subprocess.run([promtool, "check", "metrics"], input=metrics, capture_output=True, timeout=60)
    said = (done.stdout + done.stderr).decode()
    results.check("promtool check metrics", done.returncode == 0 and not said, said)


def check_monitoring(daemon: Daemon, promtool: str, results: Results) -> None:
    """The alert rules and the dashboard that are shipped name only what /metrics has."""
    folder = ROOT / "packaging/monitoring"
    for command in (["check", "rules", "pointsd.rules.yml"], ["test", "rules", "pointsd.test.yml"]):
        done = subprocess.run([Path(promtool).resolve(), *command], cwd=folder, capture_output=True, text=True, timeout=60)
        results.check(f"promtool {' '.join(command)}", done.returncode == 0, done.stdout + done.stderr)
    with urllib.request.urlopen(f"{daemon.url}/metrics", timeout=20) as response:
        metrics = response.read().decode()
    present = set(re.findall(r"^# HELP (\w+)", metrics, re.MULTILINE))
    deprecated = set(re.findall(r"^# HELP (\w+) Deprecated", metrics, re.MULTILINE))
    for name in ("pointsd.rules.yml", "dashboard.json"):
        named = set(re.findall(r"\bpointsd_[a-z_]+\b", (folder / name).read_text()))
        unknown = named - (present - deprecated)
        results.check(f"{name} names metrics that there are", named and not unknown, unknown)


def run(seed: int, examples: int, promtool: str) -> Results:
    results = Results()
    daemon = Daemon(USERS, interval=1, token=TOKEN)
    try:
        daemon.start()
        asked = len(daemon.sql("SELECT id FROM operations"))
        print("==> Without the token", flush=True)
        results.check("schemathesis without the token", schemathesis(daemon, seed, examples))
        made = daemon.sql("SELECT kind, user, asked_by FROM operations")[asked:]
        results.check("nothing was changed without the token", not made, made[:3])
        print("==> With the token", flush=True)
        results.check("schemathesis with the token",
                      schemathesis(daemon, seed, examples, "--header", f"Authorization: Bearer {TOKEN}"))
        made = daemon.sql("SELECT kind, user, asked_by FROM operations")[asked:]
        results.check("changes were made with the token", len(made) > 10, made)
        check_what_is_left_out(daemon, results)
        check_metrics(daemon, promtool, results)
        check_monitoring(daemon, promtool, results)
        results.check("the daemon lives", daemon.process.poll() is None)
        for command in (["start", "all"], ["resume", "all"], ["verify"]):
            done = daemon.pointsctl(*command)
            results.check(f"pointsctl {' '.join(command)}", done.returncode == 0, done.stdout + done.stderr)
        results.check("no error is logged", not daemon.logged_errors(), daemon.logged_errors()[:5])
    finally:
        daemon.stop()
    return results


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="which requests are made")
    parser.add_argument(
        "--examples", type=int, default=int(os.environ.get("POINTSD_API_EXAMPLES", "10")),
        help="requests of each operation and kind at most (POINTSD_API_EXAMPLES, 10)")
    parser.add_argument("--promtool", required=True, help="the program that checks metrics, of Prometheus")
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    results = run(arguments.seed, arguments.examples, arguments.promtool)
    print(f"{results.passed} passed, {results.failed} failed")
    return 1 if results.failed else 0


if __name__ == "__main__":
    sys.exit(main())
