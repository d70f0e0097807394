# SPDX-License-Identifier: Apache-2.0
"""Runs `quintrit serve` for its tests, and speaks to it: the openai package, or raw bytes."""

import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import openai

ROOT = Path(__file__).resolve().parents[2]
BINARY = str((ROOT / os.environ.get("QUINTRIT", "build/quintrit")).resolve())
START_SECONDS = 60
JSON = "Content-Type: application/json\r\n"


def body_of(fields) -> bytes:
    return fields if isinstance(fields, bytes) else json.dumps(fields).encode()


def request(path: str, fields=None, headers: str = JSON, method: str = "") -> bytes:
    """The bytes of a request that closes its connection."""
    body = b"" if fields is None else body_of(fields)
    method = method or ("GET" if fields is None else "POST")
    return (
        f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body


class Answer:
    """Status, headers and body of an answer in raw bytes."""

    def __init__(self, raw: bytes):
        self.raw = raw
        head, _, self.body = raw.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        assert re.fullmatch(r"HTTP/1\.[01] [1-5]\d\d .*", lines[0]), raw[:200]
        self.status = int(lines[0].split()[1])
        self.headers = {
            k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:])
        }
        if self.headers.get("transfer-encoding") == "chunked":
            self.body = self.unchunk(self.body)

    @staticmethod
    def unchunk(raw: bytes) -> bytes:
        body = b""
        while raw:
            size, _, raw = raw.partition(b"\r\n")
            n = int(size, 16)
            body, raw = body + raw[:n], raw[n + 2 :]
            if not n:
                break
        return body

    def json(self):
        return json.loads(self.body)

    def is_error(self, status: int, *words: str, code: str | None = None) -> None:
        """OpenAI's error object, with a text that says something."""
        assert self.status == status, self.raw[:500]
        assert self.headers["content-type"] == "application/json"
        error = self.json()["error"]
        assert set(error) == {"message", "type", "param", "code"}
        assert len(error["message"]) > 15 and error["type"].endswith("_error")
        assert code is None or error["code"] == code, error
        for word in words:
            assert word in error["message"], error

    def events(self) -> list:
        """Of a stream; the last one is the text "[DONE]" where it ended well."""
        parts = self.body.decode().split("\n\n")
        assert parts[-1] == "" and all(p.startswith("data: ") for p in parts[:-1]), parts
        return [p[6:] if p == "data: [DONE]" else json.loads(p[6:]) for p in parts[:-1]]


class Server:
    """A server at a port of its own; what it logs is in `lines`."""

    def __init__(self, *args, binary: str = BINARY, env: dict | None = None):
        command = [binary, "serve", *map(str, args)]
        if "--port" not in args:
            command += ["--port", "0"]
        clean = {k: v for k, v in os.environ.items() if k != "QUINTRIT_API_KEY"}
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=clean | (env or {}),
        )
        self.lines: list[str] = []
        self.ready = threading.Event()
        self.port = 0
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        assert self.ready.wait(START_SECONDS), "the server does not start"
        assert self.port, self.text()

    def read(self) -> None:
        for raw in self.process.stderr:
            self.lines.append(raw.decode(errors="surrogateescape"))
            found = re.search(r" at http://\S+:(\d+) ", self.lines[-1])
            if found and not self.port:
                self.port = int(found[1])
                self.ready.set()
        self.ready.set()

    def text(self) -> str:
        return "".join(self.lines)

    def __enter__(self):
        return self

    def __exit__(self, kind, *rest):
        if self.process.poll() is None:
            code = self.stop()
            assert kind or code == 0, f"exit code {code}: {self.text()[-3000:]}"

    def stop(self, with_signal: int = signal.SIGTERM, seconds: float = 30) -> int:
        """Its exit code; nothing may be on stdout."""
        if self.process.poll() is None:
            self.process.send_signal(with_signal)
        code = self.process.wait(seconds)
        self.reader.join(5)
        assert self.process.stdout.read() == b""
        return code

    def client(self, **more) -> openai.OpenAI:
        more = {"api_key": "none", "max_retries": 0, "timeout": 120} | more
        return openai.OpenAI(base_url=f"http://127.0.0.1:{self.port}/v1", **more)

    def connect(self, seconds: float = 60) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), seconds)

    def send(self, raw: bytes, seconds: float = 60) -> bytes:
        """What comes back until the server closes; a reset ends it too."""
        with self.connect(seconds) as s:
            try:
                s.sendall(raw)
            except (BrokenPipeError, ConnectionResetError):
                pass
            return self.receive(s)

    @staticmethod
    def receive(s: socket.socket) -> bytes:
        back = b""
        try:
            while piece := s.recv(65536):
                back += piece
        except ConnectionResetError:
            pass
        return back

    def ask(self, path: str, fields=None, headers: str = JSON, method: str = "") -> Answer:
        return Answer(self.send(request(path, fields, headers, method)))

    def health(self) -> dict:
        answer = self.ask("/health")
        assert answer.status == 200, answer.raw
        return answer.json()

    def is_healthy(self) -> None:
        assert self.process.poll() is None, self.text()[-3000:]
        assert self.health()["status"] == "ok"

    def waits_for(self, seconds: float = 20, **wanted) -> None:
        """Until /health says so."""
        end = time.monotonic() + seconds
        while any(self.health()[k] != v for k, v in wanted.items()):
            assert time.monotonic() < end, (self.health(), wanted)
            time.sleep(0.02)


def completion(server: Server, prompt="Once upon a time", **fields) -> dict:
    answer = server.ask("/v1/completions", {"prompt": prompt} | fields)
    assert answer.status == 200, answer.raw
    return answer.json()
