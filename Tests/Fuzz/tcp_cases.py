"""Conversations over a user's TCP port, made from a seed, and what must hold of their answers."""

import json
import re
import socket
import struct
import time
from random import Random

# What one request may be answered with; NAME and ESCAPED stand for the user's, as text and in JSON.
LINE = r"User: NAME \| Points: \d+ \| Last Update: (?:\d{4}-\d\d-\d\d \d\d:\d\d:\d\d|never)(?: \| Stale: \d+s)?"
JSON = r'\{"user":"ESCAPED","points":\d+,"datetime_stamp":(?:"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"|null)(?:,"stale_seconds":\d+)?\}'
HELP = r"Requests: get_data [^\n]*quit[^\n]*"
INVALID = r"Invalid command\. Use 'get_data' or 'quit'"
ANY = "|".join([LINE, JSON, HELP, INVALID, "pong", "Request too long"])

WORDS = {
    LINE: ["get_data", "get", "get_points", "get_score", "get_latest", "fetch", "request_latest_points"],
    JSON: ["get_json"],
    "pong": ["ping"],
    HELP: ["help"],
    INVALID: ["gett", "data", "get_data get_data", "\u00e4\u00f6\u00fc", "GET / HTTP/1.1", "quitt", "{}", "%s%n", "' OR 1=1 --"],
}
TERMINATORS = [b"\n", b"\r\n", b"\0"]
# Pieces of which a conversation without any order is made.
PIECES = [word.encode() for words in WORDS.values() for word in words] + [
    b"watch", b"quit", b"exit", b"g", b"ge", b"get_", b"\n", b"\r", b"\r\n", b"\0", b" ", b"\t", b"\x08", b"\x7f",
    b"\xef\xbb\xbf", b"\xff\xfb\x01\xff\xfd\x03", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"\x1b[A", b"\x80\xff",
    b"POST /api/groups/all/reset HTTP/1.1\r\nHost: localhost\r\n\r\n",
]


def conversation(random: Random) -> tuple[list, list | None]:
    """Steps to take, and the answers that must come in this order; None where any order is right."""
    return _ordered(random) if random.random() < 0.5 else _unordered(random)


def _ordered(random: Random) -> tuple[list, list]:
    steps, expected = [], []
    for _ in range(random.randint(1, 12)):
        answer = random.choice(list(WORDS))
        word = random.choice(WORDS[answer])
        word = "".join(random.choice([c.lower(), c.upper()]) for c in word) if word.isascii() else word
        data = random.choice([b"", b"", b" ", b"\t \t"]) + word.encode()
        terminator = random.choice(TERMINATORS)
        # An answer and its ending are the same bytes whether or not the terminator comes late.
        steps += [("send", data), ("send", terminator)] if random.random() < 0.3 else [("send", data + terminator)]
        expected.append(answer)
        if random.random() < 0.1:
            steps.append(("send", random.choice(TERMINATORS) * random.randint(1, 5)))
        if random.random() < 0.03:
            steps.append(("send", b"watch\n"))
            expected.append("watch")
    if random.random() < 0.7:
        # One write, or few: what arrives together must be answered all the same.
        steps = [("send", b"".join(data for _, data in steps))]
    return steps + [random.choice([("finish",), ("send", b"quit\n")])], expected


def _unordered(random: Random) -> tuple[list, None]:
    steps = []
    for _ in range(random.randint(0, 8)):
        data = b"".join(
            random.choice(PIECES) if random.random() < 0.9 else random.randbytes(random.randint(1, 40))
            for _ in range(random.randint(1, 6)))
        if random.random() < 0.05:
            data += b"x" * random.choice([1000, 1023, 1024, 1025, 5000, 300_000])
        steps.append(("send", data))
        if random.random() < 0.1:
            steps.append(("pause", random.choice([0.001, 0.02, 0.07, 0.35])))
    return steps + [random.choice([("finish",), ("finish",), ("close",), ("reset",)])], None


def hold(port: int, user: str, steps: list, expected: list | None) -> str | None:
    """Holds a conversation; what is wrong with its answers, or None."""
    with socket.create_connection(("127.0.0.1", port), timeout=15) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            for step in steps:
                match step:
                    case ("send", data): client.sendall(data)
                    case ("pause", seconds): time.sleep(seconds)
                    case ("finish",): client.shutdown(socket.SHUT_WR)
                    case ("close",): return None
                    case ("reset",):
                        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                        return None
            received = _read_to_end(client)
        except TimeoutError:
            return "the connection was not closed within 15 s"
        except OSError as error:
            # After `quit`, or a request that is too long, the daemon has closed while we send.
            return None if expected is None else f"the connection ended early: {error}"
    return _judge(received, user, expected)


def _read_to_end(client: socket.socket) -> bytes:
    received = bytearray()
    while piece := client.recv(65_536):
        received += piece
    return bytes(received)


def _judge(received: bytes, user: str, expected: list | None) -> str | None:
    text = received.decode("utf-8", "backslashreplace")
    if expected is None:
        pattern = f"(?:(?:{_of(user, ANY)})\\n?|\\n)*"
        return None if re.fullmatch(pattern, text) else f"not made of answers: {text[:500]!r}"
    lines = text.split("\n")
    if lines.pop() != "":
        return f"the last answer has no line feed: {text[-200:]!r}"
    if overlong := [line for line in lines if len(line.encode()) >= 255]:
        return f"an answer of 256 bytes or more: {overlong[0]!r}"
    return _compare(lines, expected, user)


def _of(user: str, pattern: str) -> str:
    escaped = json.dumps(user, ensure_ascii=False)[1:-1]
    return pattern.replace("NAME", re.escape(user)).replace("ESCAPED", re.escape(escaped))


def _compare(lines: list[str], expected: list, user: str) -> str | None:
    """Lines of points may come unasked: after 300 ms of silence at the start, and to watchers."""
    patterns = [re.compile(_of(user, LINE if answer == "watch" else answer)) for answer in expected]
    points = re.compile(_of(user, LINE))
    spare = 1 + (10_000 if "watch" in expected else 0)
    position = 0
    for line in lines:
        if position < len(patterns) and patterns[position].fullmatch(line):
            position += 1
        elif spare and points.fullmatch(line):
            spare -= 1
        else:
            return f"answer {position + 1}: unexpected {line!r}"
    if position < len(patterns):
        return f"{position} answers instead of {len(patterns)}: {json.dumps(lines)[:500]}"
    return None
