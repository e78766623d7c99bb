"""HTTP requests made from a seed: right ones, and right ones with something broken."""

import json
from random import Random
from urllib.parse import quote

METHODS = ["HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PATCH", "QUERY", "PRI", "get", "G\0T", "", "A" * 300]
VERSIONS = [b"HTTP/1.0", b"HTTP/0.9", b"HTTP/1.1x", b"HTTP/2.0", b"HTTP/9.9", b"HTTP/", b"http/1.1", b"", b"HTTP/1.1 HTTP/1.1"]
PATH_PARTS = [
    b"%", b"%2", b"%zz", b"%00", b"%2f", b"%2F..%2f", b"%c0%af", b"%ff", b"%25%32%66", b"//", b"///", b"/./", b"/../", b"/%2e%2e/",
    b"\\", b";a=b", b"?", b"??a&&=b=c", b"?updates=%", b"?updates=99999999999999999999", b"?from=x&to=y", b"?limit=-1", b"?a=" + b"b" * 3000,
    b"#x", b"\x80\xff", b"\xc3\xa4", b"'", b'"', b"<script>", b"{name}", b"*", b"/" * 500, b"x" * 9000, b"x" * 70_000, b" ", b"\t", b"\0",
]
TARGETS = [b"*", b"", b"http://evil.example/", b"//evil.example/api/users", b"/api/restore/", b"//api/restore", b"/api//restore",
           b"/API/RESTORE", b"/api/restore%2f", b"/api/restore?x", b"/api/./restore", b"/assets/../../etc/passwd",
           b"/assets/%2e%2e%2f%2e%2e%2fetc%2fpasswd", b"/libraries/..%5c..%5cetc%5cpasswd", b"api/users"]
LENGTHS = [b"-1", b"+5", b"5, 5", b"5,6", b"0x10", b"99999999999999999999", b"9223372036854775808", b"", b" 5 ", b"5\t", b"five", b"65537", b"1e3"]
HEADERS = [
    (b"Host", b"evil.example"), (b"Host", b"localhost"), (b"Host", b""), (b"Host", b"[::1"), (b"Host", b"localhost:99999"), (b"Host", b"a b"),
    (b"Origin", b"null"), (b"Origin", b"http://evil.example"), (b"Origin", b"\xff"), (b"Sec-Fetch-Site", b"cross-site"),
    (b"Authorization", b"Bearer"), (b"Authorization", b"Bearer "), (b"Authorization", b"Basic YTpi"), (b"Authorization", b"x" * 9000),
    (b"Cookie", b"=;=;" * 200), (b"Cookie", b"pointsd_session=" + b"A" * 100), (b"X-Forwarded-For", b"127.0.0.1"),
    (b"Transfer-Encoding", b"chunked"), (b"Transfer-Encoding", b"gzip"), (b"Transfer-Encoding", b"chunked, chunked"),
    (b"Transfer-Encoding", b"\x0bchunked"), (b"Transfer-Encoding", b"xchunked"), (b"TE", b"trailers"), (b"Expect", b"100-continue"), (b"Expect", b"200-ok"),
    (b"Connection", b"upgrade"), (b"Upgrade", b"websocket"), (b"Upgrade", b"h2c"), (b"HTTP2-Settings", b"AAMAAABk"), (b"Connection", b"close, keep-alive"),
    (b"Idempotency-Key", b""), (b"Idempotency-Key", b"k" * 129), (b"Idempotency-Key", b"\x01"), (b"Idempotency-Key", "ä".encode()),
    (b"Range", b"bytes=0-,5-1"), (b"If-None-Match", b"*"), (b"If-None-Match", b'"' * 50), (b"Accept", b"application/xml"), (b"Accept-Encoding", b"gzip;q=2"),
    (b"Last-Event-ID", b"9-9-9"), (b"Content-Type", b"text/plain"), (b"Content-Encoding", b"gzip"), (b"Bad Name", b"x"), (b"", b"x"), (b"X:Y", b"x"),
    (b"X-Nul", b"a\0b"), (b"X-Fold", b"a\r\n b"), (b"X-Bare", b"a\nb"), (b"X-CR", b"a\rb"), (b"X-High", bytes(range(128, 256))), (b"X-Long", b"y" * 20_000),
    (b"X-Huge", b"z" * 200_000), (b"N" * 5000, b"x"),
]
BODIES = [
    b"", b" ", b"{}", b"null", b"[]", b"5", b'""', b'{"reason":"lunch"}', b'{"reason":null}', b'{"reason":5}', b'{"reason":"\\u0000"}',
    b'{"reason":"\\ud800"}', b'{"reason":"' + b"r" * 300 + b'"}', b'{"reason":"a","reason":"b"}', b'{"delta":5,"reason":"bonus"}', b'{"delta":-5,"reason":"fine"}',
    b'{"delta":0,"reason":"x"}', b'{"delta":1e400,"reason":"x"}', b'{"delta":9223372036854775807,"reason":"x"}', b'{"delta":-9223372036854775808,"reason":"x"}',
    b'{"delta":9223372036854775808,"reason":"x"}', b'{"delta":1.5,"reason":"x"}', b'{"delta":"5","reason":"x"}', b'{"delta":5}', b'{"other":1}', b"{", b'{"a"', b"\xff\xfe",
    b"\xef\xbb\xbf{}", b"[" * 5000, b'{"a":' * 3000, b"x" * 65_537, b"token=guess", b"-" * 200_000,
]


class Request:
    """One request in parts, so that a mutation can break one of them."""

    def __init__(self, random: Random, operation: tuple, host: bytes, names: list[str], token: bytes | None):
        self.method, path, self.takes_body = operation
        for part in ("{name}", "{group}", "{file}", "{id}"):
            if part in path:
                path = path.replace(part, quote(random.choice(names), safe=""))
        self.path = path
        self.target = path.encode()
        self.version = b"HTTP/1.1"
        self.headers = [(b"Host", host)]
        if token:
            self.headers.append((b"Authorization", b"Bearer " + token))
        self.body = b""
        self.is_chunked = False
        if self.takes_body:
            self.body = json.dumps({"delta": random.choice([1, -1, 1000]), "reason": "fuzz"}
                                   if path.endswith("/adjust") else {"reason": "fuzz"}).encode()
            self.headers.append((b"Content-Type", b"application/json"))
            self.is_chunked = random.random() < 0.3

    def mutate(self, random: Random) -> None:
        """Breaks one part, or makes it merely strange."""
        match random.randrange(8):
            case 0: self.method = random.choice(METHODS)
            case 1:
                at = random.randint(0, len(self.target))
                self.target = self.target[:at] + random.choice(PATH_PARTS) + self.target[at:]
            case 2: self.target = random.choice(TARGETS)
            case 3: self.version = random.choice(VERSIONS)
            case 4: self.headers.insert(random.randint(0, len(self.headers)), random.choice(HEADERS))
            case 5: self.headers = [header for header in self.headers if random.random() < 0.5] * random.choice([1, 1, 2, 100])
            case 6: self.body = random.choice(BODIES)
            case 7: self.headers.append((b"Content-Length", random.choice(LENGTHS)))

    def encoded(self, random: Random, is_broken: bool) -> bytes:
        body, headers = self.body, list(self.headers)
        if self.is_chunked:
            headers.append((b"Transfer-Encoding", b"chunked"))
            body = _chunked(random, body, is_broken)
        elif body:
            headers.append((b"Content-Length", str(len(body)).encode()))
        end = b"\n" if is_broken and random.random() < 0.1 else b"\r\n"
        lines = [b" ".join([self.method.encode(), self.target, self.version])] + [name + b": " + value for name, value in headers]
        return end.join(lines) + end * 2 + body


def _chunked(random: Random, body: bytes, is_broken: bool) -> bytes:
    """The body in chunks, the sizes and ends of some broken."""
    result = b""
    while body:
        size = random.randint(1, len(body))
        piece, body = body[:size], body[size:]
        text = f"{size:{random.choice('xX')}}".rjust(random.choice([1, 4]), "0").encode() + random.choice([b"", b"", b";a=b", b';a="\x80"'])
        if is_broken and random.random() < 0.3:
            text = random.choice([b"", b"-1", b"zz", b"0x5", b"ffffffffffffffffff", b"7fffffffffffffff", b" 5", b"5 ", b"0", text + b";" + b"e" * 9000])
        result += text + b"\r\n" + piece + (random.choice([b"", b"\n", b"\r"]) if is_broken and random.random() < 0.1 else b"\r\n")
    trailers = [b"", b"X-Trailer: 1\r\n"] + [b"Host: evil\r\n", b"Content-Length: 3\r\n"] * is_broken
    trailer = random.choice(trailers)
    return result + b"0\r\n" + trailer + b"\r\n"


def damage(random: Random, data: bytes) -> bytes:
    """Some bytes changed, put in or left out; or all from a place on."""
    bytes_ = bytearray(data)
    for _ in range(random.randint(1, 4)):
        at = random.randrange(max(1, len(bytes_)))
        match random.randrange(4):
            case 0: bytes_[at:at + 1] = bytes([random.randrange(256)])
            case 1: bytes_[at:at] = random.randbytes(random.randint(1, 3))
            case 2: del bytes_[at:at + random.randint(1, 3)]
            case 3: del bytes_[at:]
    return bytes(bytes_)
