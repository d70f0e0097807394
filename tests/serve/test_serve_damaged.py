# SPDX-License-Identifier: Apache-2.0
"""Damaged requests never end the server, which runs under the sanitizers. QUIN_SERVE_MUTATED says
how many there are; SEED=n makes others."""

import json
import os
import random
import socket

from server import ROOT, Answer, request

MUTATED = int(os.environ.get("QUIN_SERVE_MUTATED", "1000"))
SEED = int(os.environ.get("SEED", "7"))
BODIES = [
    json.loads(line) for line in (ROOT / "tests/fuzz/http_bodies.jsonl").read_text().splitlines()
]
TEXT, CHAT = "/v1/completions", "/v1/chat/completions"


def mutate(rng: random.Random, raw: bytes) -> bytes:
    """One to four damages of a good request."""
    data = bytearray(raw)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(data)) if data else 0
        kind = rng.randrange(10)
        if kind == 0:
            del data[at:]
        elif kind == 1:
            data[at : at + 1] = bytes([rng.randrange(256)])
        elif kind == 2:
            data[at:at] = rng.randbytes(rng.randint(1, 40))
        elif kind == 3:
            del data[at : at + rng.randint(1, 20)]
        elif kind == 4:
            data[at:at] = data[at : at + rng.randint(1, 60)] * rng.randint(1, 50)
        elif kind == 5:
            data[at:at] = rng.choice(
                [
                    b"[" * 3000,
                    b'{"a":' * 2000,
                    b"9" * 400,
                    b"-1",
                    b"1e400",
                    b"null",
                    b"\\ud800",
                    b"\r\n\r\n",
                ]
            )
        elif kind == 6:
            data = bytearray(
                bytes(data).replace(
                    rng.choice([b"\r\n", b":", b'"', b"{", b" ", b"1"]),
                    rng.choice([b"", b"\n", b"\0", b"::", b"\xff"]),
                    1,
                )
            )
        elif kind == 7:
            data = bytearray(
                bytes(data).replace(
                    b"Content-Length: ",
                    rng.choice(
                        [
                            b"Content-Length: -",
                            b"Content-Length: 9",
                            b"Transfer-Encoding: chunked\r\nX: ",
                            b"Expect: 100-continue\r\nX: ",
                        ]
                    ),
                )
            )
        elif kind == 8:
            data += rng.randbytes(rng.randint(1, 200))
        else:
            other = rng.randrange(len(data)) if data else 0
            data[at : at + 8], data[other : other + 8] = data[other : other + 8], data[at : at + 8]
    return bytes(data)


def test_mutated_requests(small):
    """Bodies under a length that fits, and whole requests as they come. Whatever comes back is
    HTTP, with JSON where the server itself answers."""
    rng = random.Random(SEED)
    answered = refused = 0
    for i in range(MUTATED):
        fields = {k: v for k, v in rng.choice(BODIES).items() if k != "model"}
        path = CHAT if "messages" in fields else TEXT
        if i % 2:
            raw = request(path, mutate(rng, json.dumps(fields).encode()))
        else:
            raw = mutate(rng, request(path, fields))
        with small.connect(10) as s:
            try:
                s.sendall(raw)
                s.shutdown(socket.SHUT_WR)
            except (BrokenPipeError, ConnectionResetError, OSError):
                pass
            back = small.receive(s)
        if back:
            answer = Answer(back)
            answered += answer.status == 200
            refused += answer.status >= 400
            if answer.headers.get("content-type") == "application/json":
                answer.json()
        assert small.process.poll() is None, (SEED, i, raw, small.text()[-3000:])
        if i % 100 == 99:
            small.is_healthy()
    assert refused > MUTATED / 3, (answered, refused)
    small.waits_for(busy=0, waiting=0)
    small.is_healthy()
