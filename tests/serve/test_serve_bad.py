# SPDX-License-Identifier: Apache-2.0
"""Requests that are wrong, too large or too slow: an error says why, and the server goes on."""

import json
import socket
import time
from pathlib import Path

import openai
import pytest
from server import ROOT, Answer, Server, completion, request

BODIES = [
    json.loads(line) for line in (ROOT / "tests/fuzz/http_bodies.jsonl").read_text().splitlines()
]
TEXT, CHAT = "/v1/completions", "/v1/chat/completions"
USER = [{"role": "user", "content": "Hi"}]
# fields beside a good prompt or conversation, and the field that the error names
WRONG = [
    ({"max_tokens": 0}, "max_tokens"),
    ({"max_tokens": -5}, "max_tokens"),
    ({"max_tokens": 1.5}, "max_tokens"),
    ({"max_tokens": "many"}, "max_tokens"),
    ({"temperature": -0.1}, "temperature"),
    ({"temperature": 2.1}, "temperature"),
    ({"temperature": "hot"}, "temperature"),
    ({"temperature": True}, "temperature"),
    ({"top_p": 1.1}, "top_p"),
    ({"top_p": -1}, "top_p"),
    ({"top_k": -1}, "top_k"),
    ({"seed": 1.5}, "seed"),
    ({"seed": "x"}, "seed"),
    ({"stop": ""}, "stop"),
    ({"stop": ["a", ""]}, "stop"),
    ({"stop": ["a"] * 17}, "stop"),
    ({"stop": "a" * 257}, "stop"),
    ({"stop": [1]}, "stop"),
    ({"stop": {}}, "stop"),
    ({"stream": 1}, "stream"),
    ({"stream": "true"}, "stream"),
    ({"stream_options": {"include_usage": True}}, "stream_options"),
    ({"stream": True, "stream_options": {"include_usage": 1}}, "stream_options"),
    ({"stream": True, "stream_options": []}, "stream_options"),
    ({"n": 2}, "n"),
    ({"n": 0}, "n"),
    ({"logprobs": True}, "logprobs"),
    ({"logprobs": 3}, "logprobs"),
    ({"logit_bias": {"50": 1}}, "logit_bias"),
    ({"presence_penalty": 1}, "presence_penalty"),
    ({"frequency_penalty": -0.5}, "frequency_penalty"),
    ({"model": 3}, "model"),
]
WRONG_TEXT = [
    ({"prompt": 3}, "prompt"),
    ({"prompt": ["a", "b"]}, "prompt"),
    ({"prompt": []}, "prompt"),
    ({"prompt": [[1], [2]]}, "prompt"),
    ({"prompt": [1, "a"]}, "prompt"),
    ({"prompt": [-1]}, "prompt"),
    ({"prompt": [1.5]}, "prompt"),
    ({"prompt": {}}, "prompt"),
    ({"prompt": [2**32]}, "prompt"),
    ({"best_of": 3}, "best_of"),
    ({"suffix": "x"}, "suffix"),
    ({"echo": 1}, "echo"),
    ({"prompt": [1], "echo": True}, "echo"),
    ({"prompt": None}, "prompt"),
]
WRONG_CHAT = [
    ({"messages": []}, "messages"),
    ({"messages": "Hi"}, "messages"),
    ({"messages": ["Hi"]}, "messages"),
    ({"messages": None}, "messages"),
    ({"messages": USER * 1025}, "messages"),
    ({"messages": [{"role": "tool", "content": "x"}]}, "messages.role"),
    ({"messages": [{"content": "x"}]}, "messages.role"),
    ({"messages": [{"role": "user"}]}, "messages.content"),
    ({"messages": [{"role": "user", "content": None}]}, "messages.content"),
    (
        {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}]},
        "messages.content",
    ),
    ({"messages": [{"role": "user", "content": [{"type": "text"}]}]}, "messages.content"),
    ({"messages": [{"role": "user", "content": "x", "tool_calls": [{}]}]}, "messages"),
    ({"max_completion_tokens": 0}, "max_completion_tokens"),
    ({"tools": [{}]}, "tools"),
    ({"functions": [{}]}, "functions"),
    ({"response_format": {"type": "json_object"}}, "response_format"),
    ({"tool_choice": "required"}, "tool_choice"),
    ({"top_logprobs": 3}, "top_logprobs"),
    ({"modalities": ["audio"]}, "modalities"),
]
NO_JSON = [
    b"",
    b"{",
    b"[]",
    b"3",
    b"null",
    b'"x"',
    b'{"prompt": "a",}',
    b'{"prompt": "\xff"}',
    b'{"prompt": "\xed\xa0\x80"}',
    b'{"prompt": "\\ud800"}',
    b'{"prompt": "\\u0000"}',
    b'{"prompt": "a", "prompt": "b"}',
    b'{"prompt": "a"} x',
    b'{"prompt": "a", "max_tokens": 99999999999999999999}',
    b'{"prompt": "a", "temperature": 1e999}',
    b'{"prompt": "a", "temperature": NaN}',
    b"[" * 100000,
    b'{"a":' * 15000,
    b'{"prompt": "a"',
    b"\0" * 100,
]


# ---- errors of the body ----


@pytest.mark.parametrize("fields, param", WRONG + WRONG_TEXT)
def test_wrong_fields(small, fields, param):
    answer = small.ask(TEXT, {"prompt": "Lily", "max_tokens": 1} | fields)
    answer.is_error(400, param.split(".")[-1])
    assert answer.json()["error"]["param"] == param


@pytest.mark.parametrize("fields, param", WRONG + WRONG_CHAT)
def test_wrong_fields_of_a_chat(small, fields, param):
    answer = small.ask(CHAT, {"messages": USER, "max_tokens": 1} | fields)
    answer.is_error(400, param.split(".")[-1])
    assert answer.json()["error"]["param"] == param


@pytest.mark.parametrize("field", ["prompts", "max_token", "x" * 1000, "\u20ac" * 100, "messages"])
def test_unknown_fields(small, field):
    small.ask(TEXT, {"prompt": "a", field: 1}).is_error(400, field[:20], code="unknown_parameter")


@pytest.mark.parametrize("body", NO_JSON)
@pytest.mark.parametrize("path", [TEXT, CHAT])
def test_no_json(small, path, body):
    small.ask(path, body).is_error(400, code="invalid_json")


@pytest.mark.parametrize("path", [TEXT, CHAT])
def test_missing(small, path):
    small.ask(path, {}).is_error(400, "missing", code="missing_required_parameter")


def test_too_many_tokens(small):
    small.ask(TEXT, {"prompt": "a b " * 100}).is_error(
        400, "64 positions", code="context_length_exceeded"
    )
    small.ask(CHAT, {"messages": [{"role": "user", "content": "a b " * 100}]}).is_error(
        400, code="context_length_exceeded"
    )


def test_neutral_fields_are_taken(small):
    """All that the seeds of the fuzz target say is good, where the model has the name."""
    for fields in BODIES:
        chat = "messages" in fields
        answer = small.ask(
            CHAT if chat else TEXT, {k: v for k, v in fields.items() if k != "model"}
        )
        assert answer.status == 200, (fields, answer.raw)


# ---- errors of HTTP ----


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/v1",
        "/v1/",
        "/v1/models/",
        "/v1/completions/",
        "/v1/embeddings",
        "/v1//models",
        "/%00",
        "/..%2f..%2fetc/passwd",
        "/" + "a" * 2000,
    ],
)
def test_unknown_paths(small, path):
    small.ask(path).is_error(404)


@pytest.mark.parametrize(
    "path, method, allow",
    [
        (TEXT, "GET", "POST, OPTIONS"),
        (CHAT, "DELETE", "POST, OPTIONS"),
        ("/health", "POST", "GET, HEAD, OPTIONS"),
        ("/v1/models", "PUT", "GET, HEAD, OPTIONS"),
        (TEXT, "PROPFIND", "POST, OPTIONS"),
        (TEXT, "X" * 500, "POST, OPTIONS"),
    ],
)
def test_wrong_methods(small, path, method, allow):
    answer = small.ask(path, method=method)
    answer.is_error(405)
    assert answer.headers["allow"] == allow


@pytest.mark.parametrize("path", [TEXT, CHAT, "/health", "/v1/models", "/v1/models/x"])
def test_options(small, path):
    answer = small.ask(path, method="OPTIONS")
    assert answer.status == 204 and answer.body == b""
    assert not any(name.startswith("access-control") for name in answer.headers)


@pytest.mark.parametrize(
    "headers",
    [
        "",
        "Content-Type: text/plain\r\n",
        "Content-Type: application/x-www-form-urlencoded\r\n",
        "Content-Type: application/jsonx\r\n",
        "Content-Type:\r\n",
    ],
)
def test_only_json(small, headers):
    small.ask(TEXT, {"prompt": "a"}, headers).is_error(415, "application/json")


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "Application/JSON"])
def test_kinds_of_json(small, kind):
    assert (
        small.ask(TEXT, {"prompt": "a", "max_tokens": 1}, f"Content-Type: {kind}\r\n").status == 200
    )


@pytest.mark.parametrize(
    "host, status",
    [
        ("localhost", 200),
        ("localhost:1", 200),
        ("127.0.0.1:8080", 200),
        ("127.9.9.9", 200),
        ("[::1]:8080", 200),
        ("LOCALHOST", 200),
        ("evil.example", 403),
        ("127.0.0.1.evil.example", 403),
        ("localhost.evil.example:80", 403),
        ("[::2]", 403),
        ("[", 403),
        ("10.0.0.1", 403),
        ("x" * 300, 403),
    ],
)
def test_host(small, host, status):
    """Behind a stranger's name this is no server, or pages could reach it through a browser."""
    raw = f"GET /health HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()
    assert Answer(small.send(raw)).status == status


def test_body_too_large(small):
    small.ask(TEXT, b" " * 100001).is_error(413, "100000 bytes", code="request_too_large")
    assert (
        small.ask(TEXT, json.dumps({"prompt": "a", "max_tokens": 1}).encode().ljust(100000)).status
        == 200
    )
    raw = request(TEXT, b"").replace(b"Length: 0", b"Length: 999999999999")
    Answer(small.send(raw)).is_error(413)


def test_chunked_body_too_large(small):
    head = request(TEXT, b"").replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
    piece = b"4000\r\n" + b" " * 0x4000 + b"\r\n"
    Answer(small.send(head + 7 * piece + b"0\r\n\r\n")).is_error(413)
    small.send(head + 500 * piece + b"0\r\n\r\n")  # no answer is promised, but the server is well
    good = b'{"prompt": "a", "max_tokens": 1}'
    raw = (
        head
        + b"".join(b"1\r\n" + good[i : i + 1] + b"\r\n" for i in range(len(good)))
        + b"0\r\n\r\n"
    )
    assert Answer(small.send(raw)).status == 200


def test_several_requests_on_a_connection(small):
    with small.connect() as s:
        for i in range(5):
            s.sendall(
                request(TEXT, {"prompt": "a", "max_tokens": 1 + i}).replace(
                    b"Connection: close\r\n", b""
                )
            )
            back = b""
            while b'"cached_tokens"' not in back or not back.endswith(b"}"):
                back += s.recv(65536)
            assert Answer(back).json()["usage"]["completion_tokens"] == 1 + i


# ---- limits ----


def test_queue_is_full():
    """Two answers and two that wait; the fifth hears 429 at once, the four get their answers."""
    with Server("--slots", "2", "--queue", "2") as server:
        raw = request(TEXT, {"prompt": "a", "max_tokens": 500, "temperature": 0})
        users = [server.connect() for _ in range(4)]
        for s in users:
            s.sendall(raw)
        server.waits_for(busy=2, waiting=2)
        answer = server.ask(TEXT, {"prompt": "a", "max_tokens": 1})
        answer.is_error(429, code="server_busy")
        assert answer.headers["retry-after"] == "1"
        with pytest.raises(openai.RateLimitError):
            server.client().completions.create(
                model="quintrit-stories-5m", prompt="a", max_tokens=1
            )
        assert len({Answer(server.receive(s)).json()["choices"][0]["text"] for s in users}) == 1
        server.waits_for(busy=0, waiting=0)


def test_answer_takes_too_long():
    with Server(
        "--answer-timeout", "1", "--slots", "1", "--kernel", "plain", "--threads", "1"
    ) as server:
        fields = {"max_tokens": 500, "temperature": 0}
        server.ask(TEXT, fields | {"prompt": "Once " * 100}).is_error(
            503, "1 seconds", code="timeout"
        )
        events = server.ask(CHAT, fields | {"messages": USER, "stream": True}).events()
        assert events[-1]["error"]["code"] == "timeout" and "choices" in events[0]
        server.waits_for(busy=0)


@pytest.fixture(scope="module")
def slow():
    """One that computes so slowly that much can happen during an answer."""
    with Server("--kernel", "plain", "--threads", "1", "--slots", "2") as server:
        yield server


@pytest.mark.parametrize("stream", [False, True])
def test_client_goes_away(slow, stream):
    """Its slot is free long before the answer would have ended."""
    fields = {"prompt": "Once", "max_tokens": 100, "temperature": 0}
    whole = completion(slow, **fields)["usage"]["completion_tokens"]
    slow.waits_for(busy=0)
    before = slow.health()["tokens"]
    for _ in range(3):
        with slow.connect() as s:
            s.sendall(request(TEXT, fields | {"stream": stream}))
            slow.waits_for(busy=1)
        slow.waits_for(busy=0)
    assert slow.health()["tokens"] - before < 2 * whole
    assert sum(" 499, " in line for line in slow.lines) >= 3


def test_client_that_waits_goes_away(slow):
    """Its place in the queue is free."""
    users = [slow.connect() for _ in range(3)]
    for s in users:
        s.sendall(request(TEXT, {"prompt": "Once", "max_tokens": 500, "temperature": 0}))
    slow.waits_for(busy=2, waiting=1)
    users[2].close()
    slow.waits_for(5, waiting=0)
    assert slow.health()["busy"] == 2
    for s in users[:2]:
        s.close()
    slow.waits_for(busy=0)


def test_client_that_does_not_read(small):
    """It is cut off, and keeps no slot meanwhile."""
    with small.connect() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        s.sendall(request(TEXT, {"prompt": "a", "max_tokens": 60, "stream": True}) * 1)
        small.waits_for(busy=0)
        completion(small, "a", max_tokens=1)


def test_slow_clients_block_nobody(small):
    """Fifty clients that send a byte now and then are cut off in time; others are answered."""
    start = time.monotonic()
    raw = request(TEXT, {"prompt": "a", "max_tokens": 1})
    slow = [small.connect() for _ in range(50)]
    for i in range(len(raw)):
        for j, s in enumerate(slow):
            try:
                s.sendall(raw[i : i + 1] if j % 2 else b"G")
            except (BrokenPipeError, ConnectionResetError):
                pass
        if i % 8 == 0:
            begun = time.monotonic()
            assert small.ask(TEXT, {"prompt": "a", "max_tokens": 1}).status == 200
            assert time.monotonic() - begun < 5
        time.sleep(0.1)
        if time.monotonic() - start > 6:
            break
    for s in slow:
        s.settimeout(5)
        back = small.receive(s)
        s.close()
        assert not back or back.startswith((b"HTTP/1.1 408 ", b"HTTP/1.1 4")), back
    assert time.monotonic() - start < 20


def test_request_that_does_not_end(small):
    start = time.monotonic()
    back = Answer(small.send(request(TEXT, {"prompt": "a"})[:-3]))
    assert 1.5 < time.monotonic() - start < 8
    back.is_error(408)
    start = time.monotonic()
    assert small.send(b"") == b"" and time.monotonic() - start < 8


# ---- keys ----


@pytest.mark.parametrize("way", ["file", "variable"])
def test_key(tmp_path: Path, way):
    args, env = [], {}
    if way == "file":
        (tmp_path / "key").write_text("secret-1\n")
        args = ["--api-key-file", tmp_path / "key"]
    else:
        env = {"QUINTRIT_API_KEY": "secret-1"}
    with Server(*args, env=env) as server:
        assert len(server.client(api_key="secret-1").models.list().data) == 1
        for key in ("secret-2", "secret-", "secret-11", "s"):
            with pytest.raises(openai.AuthenticationError):
                server.client(api_key=key).models.list()
        for headers in (
            "",
            "Authorization: secret-1\r\n",
            "Authorization: Bearer\r\n",
            "Authorization: Bearer \r\n",
        ):
            answer = server.ask("/v1/models", headers=headers)
            answer.is_error(401, code="invalid_api_key")
            assert "secret" not in answer.raw.decode()
        server.ask("/nowhere", headers="").is_error(401)
        assert server.health()["status"] == "ok"
        assert "secret" not in server.text()
