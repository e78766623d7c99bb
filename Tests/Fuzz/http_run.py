"""Sends requests over a socket, and says what is wrong with the answers."""

import json
import re
import socket
import struct
import time
from random import Random

from http_cases import Request, damage

# The only statuses from 500 on that a request can bring about: a version (505) or a transfer coding
# (501) that HTTP/1.1 does not have, of which nothing else can be said.
REQUESTED_FAILURES = {501, 505}


class Api:
    """What a case needs to know of the daemon: its address and what its own document says."""

    def __init__(self, document: dict, host: bytes, connect, names: list[str], token: bytes | None, may_change: bool):
        self.host, self.connect, self.names, self.token, self.may_change = host, connect, names, token, may_change
        self.operations = [
            (method.upper(), path, "requestBody" in operation)
            for path, operations in document["paths"].items() for method, operation in operations.items()]
        self.guarded = {
            (method.upper(), path)
            for path, operations in document["paths"].items() for method, operation in operations.items()
            if any(operation.get("security", []))}
        self.statuses = {
            (method.upper(), path): set(operation["responses"])
            for path, operations in document["paths"].items() for method, operation in operations.items()}

    def request(self, random: Random) -> tuple[tuple, Request]:
        operation = random.choice(self.operations)
        return operation[:2], Request(random, operation, self.host, self.names, self.token)


def is_stream(request: Request) -> bool:
    return request.target.startswith(b"/api/events") or b"follow" in request.target


def exchange(random: Random, api: Api) -> tuple[bytes, str | None]:
    """One connection: what was sent, and what is wrong with the answers."""
    return _right(random, api) if random.random() < 0.3 else _broken(random, api)


def _right(random: Random, api: Api) -> tuple[bytes, str | None]:
    """Right requests in one connection: each is answered, in order, as the document says."""
    chosen = [api.request(random) for _ in range(random.randint(1, 6))]
    chosen = [(key, request) for key, request in chosen if not is_stream(request)]
    # The body of a restore is not JSON, and what follows a refused one is not read.
    chosen = [(key, request) for key, request in chosen if key[1] != "/api/restore"]
    if not chosen:
        return b"", None
    chosen[-1][1].headers.append((b"Connection", b"close"))
    pieces = [request.encoded(random, False) for _, request in chosen]
    sent = b"".join(pieces)
    with api.connect() as client:
        try:
            for piece in [sent] if random.random() < 0.5 else pieces:
                client.sendall(piece)
            received = _read_to_end(client)
        except TimeoutError:
            return sent, "the connection was not closed within 15 s"
        except ConnectionError as error:
            # A refusal closes the connection; what was sent behind it resets it.
            is_refused = not api.may_change and any(key in api.guarded for key, _ in chosen[:-1])
            return sent, None if is_refused else f"no whole answer: {error!r}"
    try:
        answers = list(_answers(received))
    except ValueError as error:
        return sent, f"{error}: {received[-300:]!r}"
    # A refusal may end the connection: what follows it was not taken in.
    refused = bool(answers) and b"connection: close" in answers[-1][1].lower()
    if len(answers) > len(chosen) or (len(answers) < len(chosen) and not refused):
        return sent, f"{len(answers)} answers to {len(chosen)} requests"
    for (key, _), (status, head, body) in zip(chosen, answers):
        if fault := _fault(api, key, status, head, body):
            return sent, f"{' '.join(key)}: {fault}"
    return sent, None


def _fault(api: Api, key: tuple, status: int, head: bytes, body: bytes) -> str | None:
    # 503 is how a change hears that another is under way, and /readyz that a server starts.
    if status >= 500 and not (status == 503 and api.may_change):
        return f"status {status}: {body[:300]!r}"
    if key in api.guarded and not api.may_change and status not in (401, 403):
        return f"status {status} without a right: {body[:300]!r}"
    if str(status) not in api.statuses[key]:
        return f"status {status} is not in the document: {body[:300]!r}"
    if b"content-type: application/json" in head.lower():
        success = json.loads(body).get("success", status == 200)
        if success != (status == 200):
            return f"status {status} with {body[:300]!r}"
    return None


def _broken(random: Random, api: Api) -> tuple[bytes, str | None]:
    """Requests of which some are broken: any answer but a failure of the daemon, then the end."""
    requests = [api.request(random)[1] for _ in range(random.choice([1, 1, 1, 2, 4]))]
    for request in requests:
        for _ in range(random.choice([0, 1, 1, 1, 2, 3])):
            request.mutate(random)
    data = b"".join(request.encoded(random, True) for request in requests)
    if random.random() < 0.2:
        data = damage(random, data)
    streams = any(is_stream(request) for request in requests)
    with api.connect() as client:
        try:
            cut = random.randint(0, len(data)) if random.random() < 0.2 else len(data)
            client.sendall(data[:cut])
            client.sendall(data[cut:])
            match random.randrange(10):
                case 0: return data, None
                case 1:
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    return data, None
            if streams:
                client.settimeout(0.2)
                received = client.recv(65_536)
            else:
                client.shutdown(socket.SHUT_WR)
                received = _read_to_end(client, leaves=STREAMS)
        except (ConnectionError, BrokenPipeError, OSError) as error:
            if isinstance(error, TimeoutError) and not streams:
                return data, "the connection was not closed within 15 s of the end of what was sent"
            return data, None
    return data, _judge(received, api.may_change)


def _judge(received: bytes, may_change: bool) -> str | None:
    if not received:
        return None
    if not received.startswith(b"HTTP/1."):
        return f"not an answer: {received[:200]!r}"
    # How long the answer to HEAD is cannot be seen in a broken conversation: heads are looked for.
    statuses = [int(status) for status in re.findall(rb"(?:^|\r\n\r\n|[}\n])HTTP/1\.[01] (\d{3}) ", received)]
    allowed = REQUESTED_FAILURES | ({503} if may_change else set())
    if failures := [status for status in statuses if status >= 500 and status not in allowed]:
        return f"status {failures[0]}: {received[-500:]!r}"
    return None


def _answers(received: bytes):
    """Each answer as status, head and body; ValueError where it is not HTTP."""
    while received:
        head, separator, rest = received.partition(b"\r\n\r\n")
        match = re.match(rb"HTTP/1\.1 (\d{3}) ", head)
        if not separator or not match:
            raise ValueError("not an answer")
        lower = head.lower()
        if b"transfer-encoding: chunked" in lower:
            body, received = _unchunked(rest)
        else:
            length = re.search(rb"content-length: (\d+)", lower)
            size = int(length[1]) if length else 0
            body, received = rest[:size], rest[size:]
            if len(body) < size:
                raise ValueError("an answer was cut off")
        yield int(match[1]), head, body


def _unchunked(rest: bytes) -> tuple[bytes, bytes]:
    body = b""
    while True:
        size, separator, rest = rest.partition(b"\r\n")
        if not separator:
            raise ValueError("a chunk was cut off")
        count = int(size, 16)
        if count == 0:
            return body, rest.removeprefix(b"\r\n")
        body, rest = body + rest[:count], rest[count + 2:]


# A damaged target may still name a stream, which ends with its client.
STREAMS = (b"content-type: text/event-stream", b"content-type: application/x-ndjson")


def _read_to_end(client: socket.socket, leaves: tuple[bytes, ...] = ()) -> bytes:
    received = bytearray()
    end = time.monotonic() + 15
    while piece := client.recv(65_536):
        received += piece
        if any(stream in received.lower() for stream in leaves):
            break
        if time.monotonic() > end:
            raise TimeoutError
    return bytes(received)
