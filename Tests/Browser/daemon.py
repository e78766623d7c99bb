"""A real pointsd with a private database in a temporary folder, on free ports of loopback."""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("POINTSD_BINARY", ROOT / ".build/debug/pointsd")).absolute()
HOSTILE = "<img src=x onerror=alert(1)>"


def free_ports(count: int) -> list[int]:
    """Ports that the kernel gave; all are held until the last is chosen, so that they differ."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def wait_until(condition, seconds: float, what: str):
    """The first true value of `condition`; fails with `what` when there is none in time."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.05)


class Daemon:
    """Starts, stops, freezes and ends one daemon; only processes it started itself."""

    def __init__(
        self, users: list[dict], interval: float = 1, points: int = 10, token: str | None = None,
        web: dict | None = None,
    ):
        # Short: a control socket's path has at most 107 bytes.
        self.folder = Path(tempfile.mkdtemp(prefix="pd-"))
        port, *ports = free_ports(len(users) + 1)
        self.users = [{"port": port, **user} for port, user in zip(ports, users, strict=True)]
        self.url = f"http://127.0.0.1:{port}"
        self.process: subprocess.Popen | None = None
        self.log = self.folder / "pointsd.log"
        self.socket = self.folder / "control.sock"
        self.configuration = self.folder / "pointsd.json"
        if token:
            (self.folder / "token").touch(0o600)
            (self.folder / "token").write_text(token + "\n")
            web = {"tokenFile": "token", **(web or {})}
        self.configuration.write_text(
            json.dumps(
                {
                    "database": {"managed": {"dataDirectory": str(self.folder / "data")}},
                    "http": {"address": "127.0.0.1", "port": port, **(web or {})},
                    "control": {"socket": str(self.socket)},
                    "accrual": {"points": points, "intervalSeconds": interval},
                    "users": self.users,
                }
            )
        )

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [BINARY, "--config", self.configuration],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )
        wait_until(self._ready, 120, f"pointsd is ready; its log: {self.log}")

    def _ready(self) -> bool:
        if self.process.poll() is not None:
            log = self.log.read_text(errors="replace")[-3000:]
            raise AssertionError(f"pointsd ended with {self.process.returncode}:\n{log}")
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=2) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def get(self, path: str):
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            return json.load(answer)["data"]

    def post(self, path: str):
        """Changes something, as an operator does: over the control socket."""
        connection = http.client.HTTPConnection("localhost", timeout=15)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(15)
        connection.sock.connect(str(self.socket))
        try:
            connection.request("POST", path)
            answer = connection.getresponse()
            body = json.load(answer)
            assert answer.status == 200, body
            return body.get("data")
        finally:
            connection.close()

    def login_link(self) -> str:
        return self.post("/api/login")["url"]

    def points(self, user: str) -> int:
        return self.get(f"/api/users/{urllib.parse.quote(user, safe='')}")["points"]

    # Faults

    def freeze(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """Ends it as a crash would."""
        self.process.kill()
        self.process.wait()

    def database(self) -> int:
        """The process of this daemon's own database server."""

        def find():
            for folder in Path("/proc").glob("[0-9]*"):
                try:
                    command = (folder / "cmdline").read_bytes()
                except OSError:
                    continue  # ended meanwhile
                first = command.split(b"\0")[0]
                if b"mariadbd" in first and str(self.folder).encode() in command:
                    return int(folder.name)
            return None

        return wait_until(find, 30, "the database server runs")

    def freeze_database(self) -> None:
        os.kill(self.database(), signal.SIGSTOP)

    def thaw_database(self) -> None:
        os.kill(self.database(), signal.SIGCONT)

    @contextmanager
    def locked_row(self, user: str):
        """Holds a user's row locked, so that its ticks cannot be written: they are late."""
        client = subprocess.Popen(
            [*self._shell(), "--unbuffered"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            client.stdin.write(
                "BEGIN; SELECT user FROM network_project.user_tracking"
                f" WHERE user = '{user}' FOR UPDATE;\n")
            client.stdin.flush()
            assert client.stdout.readline().strip() == user
            yield
        finally:
            # Its end frees the row.
            client.communicate(timeout=10)

    def _shell(self) -> list[str]:
        """The command that opens an SQL shell on this daemon's own database."""
        command = Path(f"/proc/{self.database()}/cmdline").read_bytes().decode().split("\0")
        socket = next(word for word in command if word.startswith("--socket="))
        return ["mariadb", "--no-defaults", socket, "--batch", "--skip-column-names"]

    def sql(self, text: str) -> list[str]:
        """The lines of what a statement finds."""
        shell = [*self._shell(), "network_project", f"--execute={text}"]
        return subprocess.run(shell, check=True, capture_output=True, text=True).stdout.splitlines()

    def pointsctl(self, *arguments: str) -> subprocess.CompletedProcess:
        """Runs pointsctl on the control socket."""
        return subprocess.run(
            [BINARY.with_name("pointsctl"), "--socket", self.folder / "control.sock", *arguments],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)

    def document(self) -> dict:
        """The API's own description."""
        with urllib.request.urlopen(f"{self.url}/api/openapi.json", timeout=10) as answer:
            return json.load(answer)

    # Figures of the process

    def descriptors(self) -> int:
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))

    def logged_errors(self) -> list[str]:
        """Lines of the log that only a fault of pointsd or of its database may cause."""
        lines = self.log.read_text(errors="backslashreplace").splitlines()
        return [line for line in lines if " ERROR " in line or " FATAL " in line]

    def resident_bytes(self) -> int:
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise AssertionError("no VmRSS")

    def stop(self) -> None:
        """Ends the daemon and its database, and removes the folder."""
        if self.process is not None:
            if self.process.poll() is None:
                self.thaw()
                self.process.terminate()
                try:
                    self.process.wait(30)
                except subprocess.TimeoutExpired:
                    self.kill()
            self._end_database()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _end_database(self) -> None:
        """One that a killed daemon left behind."""
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                command = (folder / "cmdline").read_bytes()
                if b"mariadbd" in command.split(b"\0")[0] and str(self.folder).encode() in command:
                    os.kill(int(folder.name), signal.SIGKILL)
            except OSError:
                continue  # ended meanwhile
