# SPDX-License-Identifier: Apache-2.0
"""Several users at once, each with the answer that it has alone; the server's end: signals, a kill.

QUIN_SERVE_SECONDS says for how long eight users ask; the figures of the longest are printed by
`python tests/serve/test_serve_users.py`.
"""

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import openai
import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "e2e")]

from server import BINARY, Answer, Server, completion, request  # noqa: E402

SECONDS = float(os.environ.get("QUIN_SERVE_SECONDS", "6"))
USERS = 8
SEED = int(os.environ.get("SEED", "7"))
MODEL = "quintrit-stories-5m"
BEGINNINGS = [
    "Once upon a time",
    "The dog ran",
    "Lily saw a red box",
    "One day, Tom",
    "It was a cold night",
    "Mum said",
]
TEXT = "/v1/completions"


def questions(seed: int, count: int) -> list[dict]:
    """All kinds: greedy and sampled, short and long prompts, stop texts, conversations."""
    rng = random.Random(seed)
    made = []
    for i in range(count):
        text = " ".join(rng.choice(BEGINNINGS) for _ in range(rng.choice([1, 1, 2, 20])))
        fields = {
            "max_tokens": rng.randint(1, 60),
            "temperature": rng.choice([0, 0, 0.7, 1.2]),
            "seed": rng.randrange(2**60),
        }
        if rng.random() < 0.3:
            fields["stop"] = rng.choice([".", [" and", "!"], "Lily", " the"])
        if rng.random() < 0.4:
            roles = ["user", "assistant", "user"][: rng.choice([1, 3])]
            fields["messages"] = [{"role": r, "content": text} for r in roles]
        else:
            fields["prompt"] = text
        made.append(fields)
    return made


def ask(client: openai.OpenAI, fields: dict, stream: bool) -> tuple:
    """Text, reason, and tokens generated."""
    make = client.chat.completions.create if "messages" in fields else client.completions.create
    more = {"stream_options": {"include_usage": True}} if stream else {}
    made = make(model=MODEL, stream=stream, **fields, **more)
    if not stream:
        choice = made.choices[0]
        text = choice.message.content if "messages" in fields else choice.text
        return text, choice.finish_reason, made.usage.completion_tokens
    text, reason = "", None
    for part in made:
        if not part.choices:
            return text, reason, part.usage.completion_tokens
        choice = part.choices[0]
        text += (choice.delta.content or "") if "messages" in fields else choice.text
        reason = choice.finish_reason
    raise AssertionError("a stream without usage")


class User(threading.Thread):
    """Asks again and again until the time is over, and notes each answer that is not wanted."""

    def __init__(
        self, server: Server, number: int, wanted: list[tuple[dict, tuple]], seconds: float
    ):
        super().__init__(daemon=True)
        self.client, self.wanted, self.until = server.client(), wanted, time.monotonic() + seconds
        self.rng = random.Random(SEED * 1000 + number)
        self.answers = self.tokens = 0
        self.wrong: list = []

    def run(self) -> None:
        while time.monotonic() < self.until:
            fields, wanted = self.rng.choice(self.wanted)
            try:
                found = ask(self.client, fields, self.rng.random() < 0.5)
            except Exception as e:  # noted, whatever it is
                self.wrong.append((fields, e))
                return
            self.answers += 1
            self.tokens += found[2]
            if found != wanted:
                self.wrong.append((fields, wanted, found))


def alone(count: int) -> list[tuple[dict, tuple]]:
    """Each question with the answer of a server that has one slot and one user."""
    with Server("--slots", "1") as server:
        client = server.client()
        return [(q, ask(client, q, False)) for q in questions(SEED, count)]


def crowd(server: Server, wanted: list, seconds: float) -> tuple[int, int, float, list, int]:
    """Answers, tokens, seconds, wrong answers, and how many slots were seen busy at once."""
    begun, busiest = time.monotonic(), 0
    users = [User(server, i, wanted, seconds) for i in range(USERS)]
    for user in users:
        user.start()
    while any(user.is_alive() for user in users):
        busiest = max(busiest, server.health()["busy"])
        time.sleep(0.05)
        assert time.monotonic() - begun < seconds + 60
    took = time.monotonic() - begun
    return (
        sum(u.answers for u in users),
        sum(u.tokens for u in users),
        took,
        [w for u in users for w in u.wrong],
        busiest,
    )


def test_eight_users_at_once():
    wanted = alone(24)
    assert len({w[0] for _, w in wanted}) > 15
    with Server() as server:
        answers, _, _, wrong, busiest = crowd(server, wanted, SECONDS)
        assert not wrong, wrong[:3]
        assert answers >= USERS and busiest > 4
        server.waits_for(busy=0, waiting=0)
        assert server.health()["answers"] == answers


def test_more_users_than_slots():
    wanted = alone(8)
    with Server("--slots", "3") as server:
        answers, _, _, wrong, busiest = crowd(server, wanted, 2)
        assert not wrong, wrong[:3]
        assert answers >= USERS and busiest == 3


def test_the_command_gives_the_same(demo):
    """Greedy answers of a crowd are those of `quintrit run`."""
    wanted = []
    for text in BEGINNINGS:
        done = subprocess.run(
            [BINARY, "run", "-p", text, "-n", "40", "--temp", "0"], capture_output=True, check=True
        )
        said = done.stdout.decode()[len(text) :].removesuffix("\n")
        wanted.append(({"prompt": text, "max_tokens": 40, "temperature": 0}, said))
    found = [None] * len(wanted)

    def one(i: int) -> None:
        found[i] = ask(demo.client(), wanted[i][0], bool(i % 2))[0]

    threads = [threading.Thread(target=one, args=(i,)) for i in range(len(wanted))]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert found == [w for _, w in wanted]


def test_a_short_answer_need_not_wait(demo):
    """It joins a long one that is under way, and is there first."""
    long = demo.client().completions.create(
        model=MODEL, prompt="Once", max_tokens=500, temperature=0, stream=True
    )
    next(iter(long))
    assert demo.health()["busy"] == 1
    assert completion(demo, "The dog", max_tokens=3)["usage"]["completion_tokens"] == 3
    demo.waits_for(busy=1)  # the answer is there before its slot is free
    assert sum(1 for _ in long) > 10


# ---- the end ----


def start_stream(server: Server, most: int = 500) -> socket.socket:
    s = server.connect()
    s.sendall(
        request(TEXT, {"prompt": "Once", "max_tokens": most, "temperature": 0, "stream": True})
    )
    server.waits_for(busy=1)
    return s


@pytest.mark.parametrize("which", [signal.SIGTERM, signal.SIGINT])
def test_signal_while_streaming(which):
    """The answer under way is finished; new connections are refused; exit code 0."""
    with Server("--grace", "120") as server:
        whole = completion(server, "Once", max_tokens=300, temperature=0)
        server.waits_for(busy=0)
        s = start_stream(server, 300)
        server.process.send_signal(which)
        answer = Answer(server.receive(s))
        assert answer.events()[-1] == "[DONE]"
        assert (
            "".join(e["choices"][0]["text"] for e in answer.events()[:-1])
            == whole["choices"][0]["text"]
        )
        assert server.process.wait(30) == 0
        with pytest.raises(ConnectionRefusedError):
            server.connect()
        assert "shutting down" in server.text()


def test_signal_without_grace():
    with Server("--grace", "0", "--kernel", "plain", "--slots", "1") as server:
        s, waits = start_stream(server), server.connect()
        waits.sendall(request(TEXT, {"prompt": "a", "max_tokens": 5}))
        server.waits_for(waiting=1)
        begun = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - begun < 5
        Answer(server.receive(waits)).is_error(503, "shutting down")
        assert Answer(server.receive(s)).events()[-1]["error"]["code"] == "unavailable"


def test_second_signal_cuts():
    with Server("--grace", "600", "--kernel", "plain") as server:
        s = start_stream(server)
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        assert server.process.poll() is None
        assert server.stop(seconds=10) == 0
        assert "error" in Answer(server.receive(s)).events()[-1]


def test_signal_when_idle():
    for which in (signal.SIGTERM, signal.SIGINT):
        server = Server()
        begun = time.monotonic()
        idle = server.connect()
        assert server.stop(which) == 0 and time.monotonic() - begun < 5
        idle.close()


def test_kill_and_restart():
    """The same port at once, and the same answers."""
    with Server() as first:
        text = completion(first, max_tokens=20, temperature=0)["choices"]
        s = start_stream(first)
        first.process.kill()
        assert first.process.wait(10) == -signal.SIGKILL
        first.receive(s)
    with Server("--port", first.port) as second:
        assert second.port == first.port
        assert completion(second, max_tokens=20, temperature=0)["choices"] == text


def test_port_in_use():
    with Server() as server:
        done = subprocess.run(
            [BINARY, "serve", "--port", str(server.port)],
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 1 and f"port {server.port} of 127.0.0.1 is in use" in done.stderr
        server.is_healthy()


def test_bound_to_loopback():
    with Server() as server:
        table = Path("/proc/net/tcp").read_text().splitlines()
        local = [
            line.split()[1] for line in table if line.split()[1].endswith(f":{server.port:04X}")
        ]
        assert local and all(a.startswith("0100007F:") for a in local)
        assert "other machines" not in server.text()
    with Server("--host", "0.0.0.0") as server:
        assert "other machines" in server.text()
    with Server("--host", "::1") as server, socket.create_connection(("::1", server.port)) as s:
        s.sendall(request("/health"))
        assert Answer(server.receive(s)).status == 200


def main() -> None:
    """A line for docs/results.md."""
    wanted = alone(60)
    with Server() as server:
        answers, tokens, seconds, wrong, busiest = crowd(server, wanted, SECONDS)
    print(
        f"{USERS} users, {seconds:.0f} s: {answers} answers, {tokens} tokens, "
        f"{tokens / seconds:.0f} tokens/s, "
        f"{len(wrong)} differ, at most {busiest} slots busy"
    )


if __name__ == "__main__":
    main()
