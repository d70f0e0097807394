# SPDX-License-Identifier: Apache-2.0
"""What the server answers, through the openai package: texts that follow from the model file, or
that `quintrit run` gives."""

import subprocess

import openai
import pytest
from cli_util import Model
from server import BINARY, Server, completion

SENTENCE = [b" one", b" two.", b" three.", b" four", b" five.", b" six"]
TEXT = b"".join(SENTENCE).decode()
PROMPT = "Once upon a time"
# bytes of characters over several tokens, of one that breaks off, of none
BROKEN = [b" \xe2\x82", b"\xac x", b"z\xc3", b"y\xff", b"\xf0\x9f\x98", b"\x80!"]
BROKEN_TEXT = " \u20ac xz\ufffdy\ufffd\U0001f600!"


def served(folder, pieces, *args, change=None):
    model = Model(pieces)
    if change:
        change(model)
    return Server("-m", model.write(folder / "chain.gguf"), *args)


def deep(model):
    """So many layers that a stream's tokens come one by one."""
    model.layers = 40


@pytest.fixture(scope="module")
def chain(tmp_path_factory):
    with served(tmp_path_factory.mktemp("serve"), SENTENCE, "--temp", "0", change=deep) as server:
        yield server
        server.is_healthy()


@pytest.fixture(scope="module")
def broken(tmp_path_factory):
    with served(tmp_path_factory.mktemp("serve"), BROKEN, "--temp", "0", change=deep) as server:
        yield server


def run_command(*args) -> str:
    """Text after the prompt."""
    done = subprocess.run(
        [BINARY, "run", "-p", PROMPT, *map(str, args)], capture_output=True, check=True
    )
    assert done.stdout.decode().startswith(PROMPT)
    return done.stdout.decode()[len(PROMPT) :]


def streamed(stream) -> tuple[str, str, list[str]]:
    """Text, reason and pieces."""
    pieces, reason = [], None
    for part in stream:
        if not part.choices:
            continue
        choice = part.choices[0]
        piece = choice.text if hasattr(choice, "text") else choice.delta.content
        pieces += [piece] if piece else []
        assert not reason
        reason = choice.finish_reason
    return "".join(pieces), reason, pieces


# ---- texts ----


def test_greedy_text_is_the_model_s(chain):
    c = chain.client().completions.create(model="test", prompt="a", max_tokens=50)
    assert c.choices[0].text == TEXT and c.choices[0].finish_reason == "stop"
    assert c.object == "text_completion" and c.model == "test" and c.id.startswith("cmpl-")
    # bos, a, six pieces, end
    assert (c.usage.prompt_tokens, c.usage.completion_tokens, c.usage.total_tokens) == (2, 7, 9)


@pytest.mark.parametrize("most", range(1, 7))
def test_length(chain, most):
    c = chain.client().completions.create(model="test", prompt="a", max_tokens=most)
    assert c.choices[0].text == b"".join(SENTENCE[:most]).decode()
    assert c.choices[0].finish_reason == "length" and c.usage.completion_tokens == most


def test_completion_says_no_length(demo):
    assert completion(demo, temperature=0)["usage"]["completion_tokens"] == 16


def test_the_context_ends_an_answer(chain):
    """64 positions, and one more token that needs none; the text goes round after its end."""
    prompt = "aq" * 27
    c = completion(chain, prompt + "a", max_tokens=1000)
    assert c["choices"][0]["text"] == TEXT
    c = completion(
        chain, "b" * 63, max_tokens=1000
    )  # what follows b the model does not say; 64 tokens
    assert c["usage"]["prompt_tokens"] == 64 and c["usage"]["completion_tokens"] == 1
    assert c["choices"][0]["finish_reason"] in ("length", "stop")


def test_streamed_is_whole(chain):
    client = chain.client()
    stream = client.completions.create(model="test", prompt="a", max_tokens=50, stream=True)
    text, reason, pieces = streamed(stream)
    assert (text, reason) == (TEXT, "stop") and len(pieces) > 1


def test_usage_of_a_stream(chain):
    stream = chain.client().completions.create(
        model="test", prompt="a", max_tokens=3, stream=True, stream_options={"include_usage": True}
    )
    parts = list(stream)
    assert all(p.usage is None for p in parts[:-1]) and parts[-1].choices == []
    assert (parts[-1].usage.prompt_tokens, parts[-1].usage.completion_tokens) == (2, 3)


def test_stream_in_bytes(chain):
    answer = chain.ask("/v1/completions", {"prompt": "a", "stream": True, "max_tokens": 2})
    assert answer.headers["content-type"] == "text/event-stream"
    events = answer.events()
    assert events[-1] == "[DONE]"
    assert "".join(e["choices"][0]["text"] for e in events[:-1]) == " one two."
    assert all("usage" not in e for e in events[:-1])


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    "stop, text",
    [
        (" two.", " one"),
        ("two", " one "),
        (["six", " four"], " one two. three."),
        (["e.", "thr"], " one two. "),
        ("one two", " "),
        (" one", ""),
        ([" one two. threx", "four"], " one two. three. "),
        ("a", TEXT),
        (["o. ", "o"], " "),
        ([" f", ". three. f"], " one two"),
    ],
)
def test_stop_texts(chain, stop, text, stream):
    made = chain.client().completions.create(
        model="test", prompt="a", max_tokens=50, stop=stop, stream=stream
    )
    if stream:
        found, reason, pieces = streamed(made)
        for i in range(len(pieces)):
            assert text.startswith("".join(pieces[: i + 1]))
    else:
        found, reason = made.choices[0].text, made.choices[0].finish_reason
    assert (found, reason) == (text, "stop")


@pytest.mark.parametrize("stream", [False, True])
def test_characters_stay_whole(broken, stream):
    made = broken.client().completions.create(
        model="test", prompt="a", max_tokens=50, stream=stream
    )
    if stream:
        text, _, pieces = streamed(
            made
        )  # each event is JSON of whole characters, or the package would refuse
        assert len(pieces) > 1
    else:
        text = made.choices[0].text
    assert text == BROKEN_TEXT


@pytest.mark.parametrize(
    "stop, text",
    [("\u20ac", " "), ("\ufffdy", " \u20ac xz"), ("\U0001f600", " \u20ac xz\ufffdy\ufffd")],
)
def test_stop_texts_of_more_than_ascii(broken, stop, text):
    assert (
        broken.client()
        .completions.create(model="test", prompt="a", max_tokens=9, stop=stop)
        .choices[0]
        .text
        == text
    )


def test_cut_character_at_the_end(broken):
    for n, text in ((1, " \ufffd"), (3, " \u20ac xz\ufffd"), (5, BROKEN_TEXT[:-2] + "\ufffd")):
        assert completion(broken, "a", max_tokens=n)["choices"][0]["text"] == text


def test_echo(chain):
    for stream in (False, True):
        made = chain.client().completions.create(
            model="test", prompt="a", max_tokens=2, echo=True, stream=stream
        )
        assert (streamed(made)[0] if stream else made.choices[0].text) == "a one two."


def test_prompt_as_tokens(chain):
    assert (
        completion(chain, [0, 1 + ord("a")], max_tokens=3)["choices"][0]["text"]
        == " one two. three."
    )
    assert completion(chain, ["a"], max_tokens=1)["choices"][0]["text"] == " one"
    chain.ask("/v1/completions", {"prompt": [10**6]}).is_error(400, "1000000")


# ---- sampling ----


def test_greedy_is_the_command_s(demo):
    assert completion(demo, PROMPT, temperature=0, max_tokens=60)["choices"][0][
        "text"
    ] + "\n" == run_command("-n", 60, "--temp", 0)


@pytest.mark.parametrize("seed", [0, 1, 7, 2**63 - 1])
def test_seeded_is_the_command_s(demo, seed):
    c = completion(demo, PROMPT, temperature=0.9, seed=seed, max_tokens=40, top_k=0, top_p=0.9)
    wanted = run_command("-n", 40, "--temp", 0.9, "-s", seed, "--top-k", 0, "--top-p", 0.9)
    assert c["choices"][0]["text"] + "\n" == wanted


def test_defaults_are_the_command_s(demo):
    c = completion(demo, PROMPT, seed=5, max_tokens=30)
    assert c["choices"][0]["text"] + "\n" == run_command("-n", 30, "-s", 5)


def test_seeds(demo):
    texts = [
        completion(demo, seed=s, max_tokens=30, temperature=1)["choices"][0]["text"]
        for s in (1, 1, 2, -2, -2)
    ]
    assert texts[0] == texts[1] != texts[2] and texts[3] == texts[4] != texts[2]
    assert (
        len(
            {completion(demo, max_tokens=30, temperature=1)["choices"][0]["text"] for _ in range(4)}
        )
        > 1
    )


def test_top_p_of_nothing_is_greedy(demo):
    greedy = completion(demo, temperature=0, max_tokens=20)["choices"]
    assert completion(demo, temperature=1, top_p=0, max_tokens=20)["choices"] == greedy


# ---- conversations ----


def chat(server, *texts, **more):
    roles = ["user", "assistant"]
    messages = [{"role": roles[i % 2], "content": t} for i, t in enumerate(texts)]
    return server.client().chat.completions.create(
        model="quintrit-stories-5m", messages=messages, **more
    )


def test_chat_is_the_command_s(demo):
    line = "Tell me of a red box."
    done = subprocess.run(
        [BINARY, "chat", "-n", "30", "--temp", "0"],
        input=line.encode() + b"\n",
        capture_output=True,
        check=True,
    )
    c = chat(demo, line, max_tokens=30, temperature=0)
    message = c.choices[0].message
    assert message.role == "assistant" and message.content + "\n" == done.stdout.decode()
    assert c.object == "chat.completion" and c.id.startswith("chatcmpl-")
    stream = list(chat(demo, line, max_tokens=30, temperature=0, stream=True))
    assert (
        stream[0].choices[0].delta.role == "assistant"
        and stream[0].object == "chat.completion.chunk"
    )
    assert streamed(stream)[:2] == (message.content, c.choices[0].finish_reason)


def test_chat_goes_on(demo):
    """The second turn takes in what the slot lacks; its answer is that of a server without past."""
    first = chat(demo, "A dog ran.", max_tokens=20, temperature=0)
    turn = ("A dog ran.", first.choices[0].message.content, "And then?")
    second = chat(demo, *turn, max_completion_tokens=20, temperature=0)
    assert second.usage.prompt_tokens_details.cached_tokens > 10
    with Server("--slots", "1") as fresh:
        alone = chat(fresh, *turn, max_tokens=20, temperature=0)
        assert alone.usage.prompt_tokens_details.cached_tokens == 0
    assert alone.choices[0].message.content == second.choices[0].message.content


def test_content_in_parts(demo):
    parts = [{"type": "text", "text": "A dog"}, {"type": "text", "text": " ran."}]
    made = demo.client().chat.completions.create(
        model="quintrit-stories-5m",
        messages=[{"role": "user", "content": parts}],
        max_tokens=10,
        temperature=0,
    )
    assert (
        made.choices[0].message.content
        == chat(demo, "A dog ran.", max_tokens=10, temperature=0).choices[0].message.content
    )


def test_chat_without_a_length_ends(chain):
    """To the end of the context at most: 64 positions, and one more token that needs none."""
    c = chain.ask(
        "/v1/chat/completions", {"messages": [{"role": "user", "content": "b"}], "temperature": 0}
    ).json()
    assert c["usage"]["total_tokens"] <= 65


def test_unknown_template(tmp_path):
    def template(model):
        add = model.add_tokenizer
        model.add_tokenizer = lambda w: (add(w), w.add_chat_template("{{ mystery }}"))

    with served(tmp_path, SENTENCE, change=template) as server:
        server.ask(
            "/v1/chat/completions", {"messages": [{"role": "user", "content": "b"}]}
        ).is_error(400, "template")
        assert completion(server, "a", temperature=0)["choices"][0]["text"] == TEXT


# ---- models, health, help ----


def test_models(demo):
    models = demo.client().models.list().data
    assert [m.id for m in models] == ["quintrit-stories-5m"]
    assert demo.client().models.retrieve("quintrit-stories-5m").object == "model"
    with pytest.raises(openai.NotFoundError, match="no model 'gpt-4'"):
        demo.client().models.retrieve("gpt-4")
    with pytest.raises(openai.NotFoundError, match="no model 'gpt-4'"):
        demo.client().completions.create(model="gpt-4", prompt="a")


def test_model_name(tmp_path):
    with served(tmp_path, SENTENCE, "--model-name", "my model/1") as server:
        assert server.client().models.list().data[0].id == "my-model/1"
        assert server.client().models.retrieve("my-model/1").id == "my-model/1"


def test_health(demo):
    health = demo.health()
    assert (health["status"], health["slots"], health["waiting"]) == ("ok", 8, 0)
    head = demo.ask("/health", method="HEAD")
    assert head.status == 200 and head.body == b"" and int(head.headers["content-length"]) > 10


def test_log(chain):
    completion(chain, "a", max_tokens=3)
    chain.ask("/no\x1b[31m%1b[31m")
    chain.waits_for(busy=0)
    log = chain.text()
    assert "\x1b" not in log
    assert any(" POST /v1/completions 200, 2 + 3 tokens, " in line for line in log.splitlines())


def test_help():
    done = subprocess.run([BINARY, "serve", "--help"], capture_output=True, text=True, check=True)
    for word in (
        "--host",
        "--port",
        "--slots",
        "--queue",
        "--max-body",
        "--api-key-file",
        "127.0.0.1",
        "8080",
    ):
        assert word in done.stdout


@pytest.mark.parametrize(
    "args",
    [
        "--port 65536",
        "--port x",
        "--slots 0",
        "--slots 17",
        "--queue -1",
        "--max-body 0",
        "--grace -1",
        "extra",
        "--prompt a",
        "--host no.such.host.invalid",
        "--api-key-file /dev/null",
    ],
)
def test_wrong_usage(args):
    done = subprocess.run(
        [BINARY, "serve", *args.split()], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.startswith("quintrit: ") and done.stderr.count("\n") == 1
