# SPDX-License-Identifier: Apache-2.0
"""The command: text, options, exit codes, tables; bad files and terminals have their own."""
import math
import os
import re
import shlex
import signal
import subprocess
import time
from pathlib import Path
from subprocess import PIPE

import numpy as np
import pytest

from cli_util import BINARY, DIM, Model, env, is_error, run

SPEC = Path(__file__).parents[2] / "rtl/spec/configs.def"
SENTENCE = [b" one", b" two.", b" three.", b" four", b" five.", b" six"]
# shell words, one command line a line; further ones below
USAGE = r"""
fly
run --threads 65
run --threads two
--fly
run --fly
run -x
run --n 3 extra
run -n
run --model
run -n 12x
run -n ''
run -n ' 3'
run -n +3
run -n -2
run -n 99999999999999999999
run -n 0x10
run -c -1
run -c 4294967296
run --temp nan
run --temp inf
run --temp '0.8 '
run --temp 1e999
run --temp 0x1p3
run --temp .
run --temp 1.5.5
run --temp 1e
run --top-p 0
run --top-p 1.5
run --top-k -1
run --top-k 1.5
run -s -2
run -s 18446744073709551616
run -s 1,5
run --stop ''
run --exact=1
run -p a -f b
run --config huge
run --backend abacus
run --tensors
info --temp 1
verify --tolerance 0
perplexity
perplexity -f x --stories 0
configs -m x
"""
USAGE = ["", *USAGE.strip().splitlines(), "run" + " --stop x" * 17, "run \x1b[31m"]


@pytest.fixture(scope="module")
def chain(tmp_path_factory) -> Path:
    return Model(SENTENCE).write(tmp_path_factory.mktemp("cli") / "chain.gguf")


@pytest.fixture(scope="module")
def mixed(tmp_path_factory) -> Path:
    return Model(seed=3, random=True).write(tmp_path_factory.mktemp("cli") / "mixed.gguf")


def greedy(model: Path, *args) -> subprocess.CompletedProcess:
    return run("run", "-m", model, "-p", "a", "--temp", 0, *args)


# ---- help and usage ----

def test_help_lists_every_command():
    p = run("--help")
    assert p.returncode == 0 and p.stderr == b""
    for command in ("run", "info", "verify", "perplexity", "doctor", "configs", "chat"):
        assert re.search(rf"^  {command} ", p.stdout.decode(), re.M)
        q = run(command, "--help")
        assert q.returncode == 0 and q.stderr == b""
        assert f"usage: quintrit {command}" in q.stdout.decode()
        assert max(map(len, q.stdout.decode().splitlines())) <= 110


def test_help_of_run_lists_the_options():
    text = run("run", "--help").stdout.decode()
    for letter, option in zip("mpfncs", "model prompt file n-predict ctx-size seed".split()):
        assert f"  -{letter}, --{option} " in text
    for option in "temp top-k top-p stop ignore-eos backend config exact verbose".split():
        assert f" --{option} " in text
    assert "--tensors" not in text


def test_version():
    assert re.fullmatch(rb"quintrit \d+\.\d+\.\d+\n", run("--version").stdout)


@pytest.mark.parametrize("line", USAGE)
def test_wrong_usage(line):
    p = run(*shlex.split(line))
    is_error(p, 2)
    assert b"\x1b" not in p.stderr


def test_unknown_flag_points_to_the_help():
    is_error(run("run", "--fly"), 2, "'--fly'", "quintrit run --help")


def test_configs_are_those_of_the_specification():
    pattern = r"^QUIN_CONFIG\((\w+)" + r", *(\d+)" * 5
    rows = re.findall(pattern, SPEC.read_text(), re.M)
    table, kernels = run("configs").stdout.decode().split("\n\n")
    lines = table.splitlines()[1:]
    names = [line.split()[0] for line in kernels.splitlines()[1:]]
    assert names[-1] == "plain" and set(names) <= {"avx512", "avx2", "plain"}
    assert len(rows) >= 5 and len(lines) == len(rows)
    for (name, r, w, lanes, bus, words), line in zip(rows, lines):
        columns, bits, kib = 5 * int(w), 8 * int(bus), 4 * int(words) // 1024
        assert line.split()[:8] == f"{name} {r} {columns} {lanes} {bits} bit {kib} KiB".split()


# ---- conversations ----

def test_chat_is_run_on_the_whole_conversation(chain):
    """A file without a chat template: messages are lines."""
    flags = ("-m", chain, "--temp", 0, "-n", 6)
    p = run("chat", *flags, "--system", "be", stdin=b"ab\n\nc")
    assert p.returncode == 0 and b"plain" in p.stderr
    text, answers = b"be\nab\n", b""
    for message in (b"c\n", b""):
        whole = run("run", *flags, "-p", text.decode()).stdout
        answer = whole[len(text):].removesuffix(b"\n")
        answers += answer + b"\n" if answer else b""
        text = text + answer + b"\n" + message
    assert p.stdout == answers and len(answers) > 6


def test_chat_refuses_a_template_that_it_does_not_know(mixed):
    p = run("chat", "-m", mixed, "--override-kv", "tokenizer.chat_template=str:[INST] {{ x }}", stdin=b"a\n")
    is_error(p, 1, "tokenizer.chat_template", "llama3")


# ---- text ----

def test_greedy_text_is_the_chain(chain):
    p = greedy(chain)
    assert p.returncode == 0
    assert p.stdout == b"a" + b"".join(SENTENCE) + b"\n"
    assert b"end of text" in p.stderr
    assert re.search(rb"generated +7 tokens", p.stderr)  # six pieces and the end
    assert greedy(chain).stdout == p.stdout


@pytest.mark.parametrize("n", [0, 1, 2, 5])
def test_n_counts_tokens(chain, n):
    for temp in ("0", "0.01"):
        p = run("run", "-m", chain, "-p", "a", "-n", n, "--temp", temp)
        assert p.returncode == 0
        assert p.stdout == b"a" + b"".join(SENTENCE[:n]) + b"\n"
        assert re.search(rb"generated +%d tokens" % n, p.stderr)


def test_ignore_eos_goes_on(chain):
    text = b"".join(SENTENCE)
    assert greedy(chain, "--ignore-eos", "-n", 16).stdout == b"a" + text + b"a" + text + b"a\n"


@pytest.mark.parametrize("n", ["-1", "200"])
@pytest.mark.parametrize("context", [3, 5, 8])
def test_text_ends_with_the_context(chain, context, n):
    p = greedy(chain, "-c", context, "-n", n)
    made = context - 2 + 1  # bos and the prompt stand in the context; the last token need not
    assert p.stdout == b"a" + b"".join(SENTENCE[:made]) + b"\n"
    assert (b"end of the context" in p.stderr) == (made < 7)


STOPS = [[" two"], ["wo. th"], ["x", "o. "], [".", "two. three"], ["zzz", ". th", "six"]]


@pytest.mark.parametrize("stop", STOPS)
def test_stop_text_ends_the_text(chain, stop):
    text = b"".join(SENTENCE).decode()
    end = min(text.index(s) + len(s) for s in stop if s in text)
    for temp in ("0", "0.01"):
        flags = [f"--stop={s}" for s in stop]
        p = run("run", "-m", chain, "-p", "a", "--temp", temp, *flags)
        assert p.returncode == 0 and p.stdout.decode() == "a" + text[:end] + "\n"
        assert b"stop text" in p.stderr


def test_stop_text_in_the_prompt_is_no_stop(chain):
    p = run("run", "-m", chain, "-p", "ba", "--temp", 0, "--stop", "a")
    assert p.stdout == b"ba" + b"".join(SENTENCE) + b"\n"


def test_seed_repeats_the_text(mixed):
    def text(*args):
        wide = ["--temp", 5, "--top-k", 0, "--top-p", 1]
        return run("run", "-m", mixed, "-p", "a", "-n", 30, *wide, *args)

    first = text("-s", 5)
    assert first.stdout == text("-s", 5).stdout != text("-s", 6).stdout
    free, other = text(), text("-s", "-1")
    seed = re.search(rb"seed (\d+)", free.stderr)[1].decode()
    assert seed != re.search(rb"seed (\d+)", other.stderr)[1].decode()
    assert text("-s", seed).stdout == free.stdout


def test_host_and_device_agree_on_the_likeliest(mixed):
    device = greedy(mixed, "-n", 40, "--ignore-eos").stdout
    host = run("run", "-m", mixed, "-p", "a", "-n", 40, "--ignore-eos", "--top-k", 1).stdout
    assert device == host and len(device) > 30


@pytest.mark.parametrize("flags", [["--temp", 0], ["--top-k", 1]])
def test_text_goes_on_where_it_broke_off(tmp_path, flags):
    """A text made token by token leaves the same state as one that is read as a prompt."""
    m = Model(seed=7, random=True)
    m.says = b"abcdefghijklmnop"
    path = m.write(tmp_path / "m.gguf")
    text = run("run", "-m", path, "-p", "a", "-n", 40, *flags).stdout[:-1]
    assert len(text) == 41 and len(set(text)) > 4
    for cut in (2, 9, 23):
        again = run("run", "-m", path, "-p", text[:cut].decode(), "-n", 41 - cut, *flags)
        assert again.stdout[:-1] == text


@pytest.mark.parametrize("config", ["tiny", "kv260", "card"])
def test_configurations_write_the_same(mixed, config):
    assert greedy(mixed, "-n", 20, "--config", config).stdout == greedy(mixed, "-n", 20).stdout


@pytest.mark.parametrize(
    "data",
    ["é森😀".encode(), b"\xc3", b"\xc3A", b"\xe6\xa3", b"\xe6\xa3A", b"\xed\xa0\x80A"]
    + [b"\xf0\x80\x81A", b"\xf4\x90\x80A", b"\xff\xfe\xc0A", b"\xe0\x9f\xbf"]
    + [b"\xf0\x9f\x98B\x80", b"\xc2\xc3\xa9"],
)
def test_split_characters(tmp_path, data):
    """Each byte is a token of its own, and what goes out is always whole characters."""
    m = Model()
    ids = [1 + b for b in (b"a" + data)] + [0]
    m.follows = dict(zip(ids, ids[1:]))
    assert len(m.follows) == len(ids) - 1
    path = m.write(tmp_path / "m.gguf")
    args = [BINARY, "run", "-m", path, "-p", "a", "--temp", "0"]
    with subprocess.Popen(args, stdout=PIPE, stderr=subprocess.DEVNULL, env=env()) as p:
        out = b""
        while part := os.read(p.stdout.fileno(), 4096):
            part.decode()
            out += part
    assert out.decode() == "a" + data.decode(errors="replace") + "\n"


def test_prompt_of_a_file(chain, tmp_path):
    want = greedy(chain).stdout
    (tmp_path / "p").write_bytes(b"a\n")
    assert run("run", "-m", chain, "-f", tmp_path / "p", "--temp", 0).stdout == want
    assert run("run", "-m", chain, "-f", "-", "--temp", 0, stdin=b"a").stdout == want
    is_error(run("run", "-m", chain, "-f", tmp_path / "none"), 1, "none", "No such file")
    is_error(run("run", "-m", chain, "-f", tmp_path), 1, "directory")


def test_prompt_over_the_context(chain):
    is_error(run("run", "-m", chain, "-p", "b" * 64), 2, "65 tokens", "64 positions")
    full = run("run", "-m", chain, "-p", "b" * 62 + "a", "--temp", 0)
    assert full.stdout == b"b" * 62 + b"a one\n"
    is_error(run("run", "-m", chain, "-c", 65), 2, "65", "64")


def test_report_counts(chain):
    err = greedy(chain, "-n", 4).stderr.decode()
    assert re.search(r"prompt +2 tokens .* s", err) and re.search(r"generated +4 tokens .* s", err)
    assert "simulation" in err and "\x1b" not in err
    for name in ("additions done", "additions skipped", "wraps", "commands", "vector elements"):
        assert re.search(rf"^{name} +[\d,]+ +[\d,]+$", err, re.M)
    streamed = int(re.search(r"^bytes streamed +[\d,]+ +([\d,]+)$", err, re.M)[1].replace(",", ""))
    assert streamed > STREAMED


# q, k, v, o, gate, up, down at five weights a byte, and the head at one
STREAMED = (64 * 64 * 5 + 64 * 32 * 2) // 5 + (258 + 6) * 64


# ---- output and signals ----

def test_closed_pipe_ends_quietly():
    args = [BINARY, "run", "-n", "-1", "--ignore-eos"]
    with subprocess.Popen(args, stdout=PIPE, stderr=PIPE, env=env()) as p:
        assert p.stdout.read(1)
        p.stdout.close()
        assert p.stderr.read() == b""
    assert p.returncode == 0


def test_full_disk_is_an_error(chain):
    for args in (["run", "-p", "a"], ["info"]):
        with open("/dev/full", "wb") as full:
            p = subprocess.run([BINARY, *args, "-m", chain], stdout=full, stderr=PIPE, env=env())
        assert p.returncode == 1 and b"quintrit: cannot write" in p.stderr


@pytest.mark.parametrize("temp", ["0", "0.8"])
def test_interrupt_ends_with_the_report(temp):
    args = [BINARY, "run", "-n", "-1", "--ignore-eos", "--temp", temp]
    with subprocess.Popen(args, stdout=PIPE, stderr=PIPE, env=env()) as p:
        assert p.stdout.read(20)
        p.send_signal(signal.SIGINT)
        rest, err = p.communicate()
    assert p.returncode == 130
    assert rest.endswith(b"\n") and b"interrupt\n" in err and b"bytes streamed" in err


def opened(fifo: Path) -> bool:
    """Does someone read from it?"""
    try:
        os.close(os.open(fifo, os.O_WRONLY | os.O_NONBLOCK))
    except OSError:
        return False
    return True


def test_interrupt_before_the_text(chain, tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with subprocess.Popen([BINARY, "run", "-m", chain, "-f", fifo], stdout=PIPE, env=env()) as p:
        end = time.monotonic() + 20
        while not opened(fifo) and p.poll() is None and time.monotonic() < end:
            time.sleep(0.02)
        p.send_signal(signal.SIGINT)
        assert p.wait(20) == 130


# ---- tables ----

def test_info(tmp_path):
    m = Model(seed=4, random=True)
    m.layers = 2
    path = m.write(tmp_path / "m.gguf")
    text = run("info", "-m", path, "--tensors").stdout.decode()
    trits = np.concatenate([t.ravel() for t in m.trits.values()])
    assert f"ternary parameters     {trits.size:,}\n" in text
    assert f"{100 * np.mean(trits == 0):.1f} %" in text
    assert f"{path.stat().st_size:,} bytes" in text and "vocabulary             258 tokens" in text
    # five output rows a byte
    packed = sum(math.ceil(len(t) / 5) * len(t[0]) for t in m.trits.values())
    head = m.vocab * DIM
    assert f"  layers, 1.6 bit      {packed:,} bytes\n" in text
    assert f"  lm_head, 8 bit       {head:,} bytes\n" in text
    assert f"streamed for a token   {packed + head:,} bytes" in text
    for name in m.trits:
        assert re.search(rf"^  {re.escape(name)} +F16 ", text, re.M)
    assert "blk." not in run("info", "-m", path).stdout.decode()


def test_info_of_what_does_not_fit(chain):
    p = run("info", "-m", chain, "-c", 10 ** 6)
    assert p.returncode == 0 and b"does not fit" in p.stdout and b"vocabulary" in p.stdout


def test_verify(mixed):
    p = run("verify", "-m", mixed, "-p", "a", "-n", 10, "--hazards")
    assert p.returncode == 0, p.stdout
    text = p.stdout.decode()
    assert re.search(r"positions compared +11$", text, re.M)
    assert re.search(r"hazards +0$", text, re.M)
    p = run("verify", "-m", mixed, "-p", "a", "-n", 10, "--tolerance", "1e-12")
    assert p.returncode == 1
    text = p.stdout.decode()
    assert re.search(r"^out of tolerance +layer 0, tensor \w+, row \d+, column \d+$", text, re.M)
    assert text.rstrip().endswith("different")


def test_perplexity(mixed, tmp_path):
    stories = ["ab cd", "xyz\n\nuvw é", "b" * 100]
    (tmp_path / "t").write_text("\n<|endoftext|>\n".join(stories) + "\n")
    for extra in ([], ["--reference"]):
        text = run("perplexity", "-m", mixed, "-f", tmp_path / "t", *extra).stdout.decode()
        get = {n: float(re.search(rf"^{n} +([\d.,]+)$", text, re.M)[1].replace(",", ""))
               for n in ("stories", "tokens", "bytes", "perplexity", "bits per byte")}
        sizes = [len(s.encode()) for s in stories]
        assert get["stories"] == 3
        assert get["tokens"] == sum(min(n + 1, 64) for n in sizes)  # bytes and the end
        assert get["bytes"] == sum(min(n, 64) for n in sizes)
        bits = math.log2(get["perplexity"]) * get["tokens"] / get["bytes"]
        assert get["bits per byte"] == pytest.approx(bits, abs=1e-3)
    one = run("perplexity", "-m", mixed, "-f", tmp_path / "t", "--stories", 1).stdout.decode()
    assert re.search(r"^tokens +6$", one, re.M)
    (tmp_path / "empty").write_text(" \n<|endoftext|>\n")
    is_error(run("perplexity", "-m", mixed, "-f", tmp_path / "empty"), 1, "story")
