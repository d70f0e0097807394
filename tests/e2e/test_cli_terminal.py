# SPDX-License-Identifier: Apache-2.0
"""The command on a terminal: colour, progress bar, and a live line that must not disturb the text.

Screen is a small terminal of its own: what the command writes is played on it, and the text is read
off.
"""
import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import unicodedata

import pytest

from cli_util import BINARY, Model, env, run

COLUMNS, LINES = 37, 7  # so small that the text wraps and scrolls
COLOUR = re.compile(rb"\x1b\[[0-9;]*m")


class Screen:
    """A VT100 of COLUMNS x LINES; what scrolls off the top is kept in front of `cells`."""

    def __init__(self):
        self.cells = [[" "] * COLUMNS for _ in range(LINES)]
        self.wrapped = [False] * LINES  # the line goes on in the next one
        self.top, self.row, self.column = 0, 0, 0
        self.saved, self.live_seen = (0, 0), 0

    def index(self) -> None:
        if self.row == self.top + LINES - 1:
            self.cells.append([" "] * COLUMNS)
            self.wrapped.append(False)
            self.top += 1
        self.row += 1

    def put(self, c: str) -> None:
        width = 2 if unicodedata.east_asian_width(c) in "WF" else 1
        if self.column + width > COLUMNS:
            self.wrapped[self.row] = True
            self.index()
            self.column = 0
        self.cells[self.row][self.column] = c
        self.column += width

    def erase(self, row: int, column: int) -> None:
        self.cells[row][column:] = [" "] * (COLUMNS - column)
        self.wrapped[row] = False

    def escape(self, code: str) -> None:
        if code == "D":
            self.index()
        elif code == "7":
            self.saved = (self.row - self.top, self.column)
        elif code == "8":
            self.row, self.column = self.top + self.saved[0], self.saved[1]
        elif code == "[A":
            self.row = max(self.row - 1, self.top)
        elif code == "[K":
            self.erase(self.row, min(self.column, COLUMNS - 1))
        elif code == "[J":
            self.erase(self.row, min(self.column, COLUMNS - 1))
            for row in range(self.row + 1, self.top + LINES):
                self.erase(row, 0)
        else:
            assert re.fullmatch(r"\[[0-9;]*m", code), code

    def play(self, data: bytes) -> "Screen":
        for code, c in re.findall(r"\x1b([D78]|\[[0-9;]*[A-Za-z])|(.)", data.decode(), re.S):
            if code:
                self.escape(code)
                self.live_seen += code == "8"
            elif c == "\r":
                self.column = 0
            elif c == "\n":
                self.index()
            else:
                assert c >= " ", repr(c)
                self.put(c)
        return self

    def text(self) -> str:
        lines = ["".join(c) for c in self.cells]
        return "".join(line if w else line.rstrip() + "\n" for line, w in zip(lines, self.wrapped))


def on_terminal(*args, err_only: bool = False, **extra) -> tuple[int, bytes]:
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    with subprocess.Popen([BINARY, *map(str, args)], stdin=slave, stderr=slave,
                          stdout=subprocess.DEVNULL if err_only else slave, env=env(**extra)) as p:
        os.close(slave)
        out = b""
        try:
            while part := os.read(master, 65536):
                out += part
        except OSError:  # EIO: the command has closed its end
            pass
        os.close(master)
    return p.returncode, out


SLOW = ["--kernel", "plain"]  # long enough under way for the live line to show


@pytest.mark.parametrize("temp, seed", [(0.8, 1), (0.8, 2), (0, 0)])
def test_live_line_leaves_the_text_alone(temp, seed):
    args = ["run", "-n", 150, "--temp", temp, "-s", seed, "--ignore-eos", *SLOW]
    code, out = on_terminal(*args)
    screen = Screen().play(out)
    assert code == 0 and screen.live_seen > 20
    text, report = screen.text().split("\n\nprompt", 1)
    assert text + "\n" == run(*args).stdout.decode()
    assert "speed of the simulation)" not in report


def test_live_line_alone_on_stderr():
    code, out = on_terminal("run", "-n", 150, "-s", 1, "--ignore-eos", *SLOW, err_only=True)
    assert code == 0 and b" of 150 tokens, " in out
    before = Screen().play(out).text().split("prompt", 1)[0]
    assert before.strip() == ""


@pytest.mark.parametrize("args", [["run", "-n", 3], ["info"], ["verify", "-n", 3]])
def test_progress_bar(args):
    code, out = on_terminal(*args)
    assert code == 0 and b"reading the model [" in out and b"loading the device [" in out
    assert "[#" not in Screen().play(out).text()  # and it is gone at the end
    p = run(*args)
    assert b"reading" not in p.stdout + p.stderr


def test_progress_bar_of_long_work(tmp_path):
    (tmp_path / "t").write_text("Once upon a time.\n<|endoftext|>\nThe end.\n")
    assert b"scoring [" in on_terminal("perplexity", "-f", tmp_path / "t")[1]
    assert b"comparing [" in on_terminal("verify", "-n", 3)[1]


def test_colour():
    args = ["run", "-n", 3, "-p", "One day"]
    assert b"\x1b[36mOne day\x1b[0m" in on_terminal(*args)[1]
    assert b"\x1b[36m" in on_terminal(*args, NO_COLOR="")[1]
    assert not COLOUR.search(on_terminal(*args, NO_COLOR="1")[1])
    assert COLOUR.search(on_terminal("run", "--fly")[1])
    assert not COLOUR.search(on_terminal("run", "--fly", NO_COLOR="1")[1])


def test_no_escape_codes_without_a_terminal():
    for args in ("run -n 60", "run -n 5 -v", "info", "verify -n 3", "run --fly", "--help"):
        p = run(*args.split())
        assert b"\x1b" not in p.stdout + p.stderr and b"\r" not in p.stdout + p.stderr
    assert b"\x1b" not in on_terminal("run", "-n", 60, TERM="dumb")[1]
    assert b"\x1b" not in on_terminal("run", "-n", 60, TERM="")[1]


def test_control_characters_stay_off_the_terminal(tmp_path):
    m = Model([b"\x1b[31m", b"\x07.", b"\xc2\x9b1m", b"\tx", b"\n.", b"\xc3\xa9"])
    path = m.write(tmp_path / "m.gguf")
    args = ["run", "-m", path, "-p", "a", "--temp", 0]
    # elsewhere the bytes are as they are
    assert run(*args).stdout == b"a\x1b[31m\x07.\xc2\x9b1m\tx\n.\xc3\xa9\n"
    out = on_terminal(*args, NO_COLOR="1")[1].decode()
    assert "a\ufffd[31m\ufffd.\ufffd1m\tx\r\n.\u00e9\r\n" in out
    # so do those of a prompt
    assert b"\x1b[5m" not in on_terminal("run", "-m", path, "-p", "\x1b[5ma", "--temp", 0)[1]
