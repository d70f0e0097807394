# SPDX-License-Identifier: Apache-2.0
"""What `quintrit run --backend rtl` writes down of a run: the timeline is JSON that holds every
command once, no two slices of a unit overlap, and the stream's track adds up to the bytes that the
device counted; the waveform covers the cycles asked for. Skipped where no simulation is built.
"""
import json
import os
import re
import struct
import subprocess
from collections import Counter, defaultdict
from pathlib import Path

import pytest

BINARY = Path(os.environ.get("QUINTRIT", "build/quintrit")).resolve()
CONFIG = os.environ.get("CONFIG", "sim")
UNITS = {"LOAD": "DMA", "STORE": "DMA", "MATMUL": "ARRAY", "VECTOR": "VECTOR", "SET": "CONTROL",
         "BRANCH": "CONTROL", "END": "CONTROL"}
CYCLE = 0.01  # microseconds


def simulation(suffix: str = "") -> bool:
    return (BINARY.parent / "rtl" / f"{CONFIG}{suffix}" / "libquin_sim.so").exists()


def run(*args) -> subprocess.CompletedProcess:
    command = [BINARY, "run", "--config", CONFIG, "-n", 2, "--temp", 0, *args]
    return subprocess.run([str(a) for a in command], capture_output=True, text=True, timeout=600)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    if not simulation():
        pytest.skip(f"no simulation of {CONFIG}")
    path = tmp_path_factory.mktemp("timeline") / "t.json"
    done = run("--backend", "rtl", "--timeline", path)
    assert done.returncode == 0, done.stderr
    return json.loads(path.read_text(encoding="ascii")), done.stderr


def slices(timeline: dict) -> dict[str, list[dict]]:
    events, found = timeline["traceEvents"], defaultdict(list)
    units = {e["tid"]: e["args"]["name"] for e in events if e["name"] == "thread_name"}
    for event in events:
        if event["ph"] == "X":
            found[units[event["tid"]]].append(event)
    return found


def reported(text: str, label: str) -> int:
    return int(re.search(rf"{label}\s+([\d,]+)", text)[1].replace(",", ""))


def test_every_command_once(recorded):
    timeline, report = recorded
    found = slices(timeline)
    assert set(found) == set(UNITS.values())
    compared = int(re.search(r"([\d,]+) commands compared", report)[1].replace(",", ""))
    assert sum(map(len, found.values())) == compared
    indices = []
    for unit, events in found.items():
        assert {UNITS[e["name"].split()[0]] for e in events} == {unit}
        indices += [e["args"]["index"] for e in events]
    # every run numbers its commands from 0 on: each number as often as there are runs that long
    counts = Counter(indices)
    often = [counts[i] for i in range(max(counts) + 1)]
    assert min(often) >= 1 and often == sorted(often, reverse=True)
    assert often[0] == sum(e["name"].startswith("END ") for e in found["CONTROL"])


def test_slices_do_not_overlap(recorded):
    for unit, events in slices(recorded[0]).items():
        end = -1.0
        for e in sorted(events, key=lambda e: e["ts"]):
            assert e["ts"] > end - CYCLE / 2, (unit, e)
            end = e["ts"] + e["dur"]
            assert abs(e["dur"] / CYCLE - max(e["args"]["cycles"], 1)) < 0.01
            assert re.fullmatch("0x[0-9a-f]{8}", e["args"]["checksum"])


def test_shapes(recorded):
    matmuls = [e["args"] for e in slices(recorded[0])["ARRAY"]]
    assert all(1 <= a["rows"] <= 64 and a["k"] > 0 < a["n"] for a in matmuls)
    # the array takes a beat a cycle: k of them for each tile
    assert all(a["cycles"] >= a["k"] for a in matmuls)


def test_stream_adds_up(recorded):
    timeline, report = recorded
    points = [(e["ts"], e["args"]["%"]) for e in timeline["traceEvents"]
              if e["ph"] == "C" and e["name"].startswith("stream")]
    assert len(points) > 100 and all(0 <= share <= 100 for _, share in points)
    assert [ts for ts, _ in points] == sorted(ts for ts, _ in points)
    end = max(e["ts"] + e.get("dur", 0) for e in timeline["traceEvents"] if "ts" in e)
    times = [ts for ts, _ in points[1:]] + [end]
    beats = sum((to - ts) / CYCLE * share / 100 for (ts, share), to in zip(points, times))
    stream_bytes = {"tiny": 4, "sim": 8, "ulx3s": 2, "ecpix5": 16, "kv260": 64}[CONFIG]
    assert beats * stream_bytes == pytest.approx(reported(report, "bytes streamed"), rel=0.01)


def test_golden_model_has_no_time(tmp_path):
    for option in ("--timeline", "--trace"):
        done = run(option, tmp_path / "x")
        assert done.returncode == 2 and "no time" in done.stderr, done.stderr
        assert not (tmp_path / "x").exists()
    assert run("--trace-from", 1).returncode == 2


def test_waveform(tmp_path):
    if not simulation("-trace"):
        pytest.skip(f"no simulation of {CONFIG} that writes waveforms")
    path, first, last = tmp_path / "w.fst", 1000, 1500
    done = run("--backend", "rtl", "-n", 1, "--trace", path, "--trace-from", first,
               "--trace-to", last)
    assert done.returncode == 0, done.stderr
    # the header block of an FST: type 0, length, first and last time; byte 73: the power of ten
    kind, _, begin, end = struct.unpack(">BQQQ", path.read_bytes()[:25])
    assert kind == 0 and struct.unpack("b", path.read_bytes()[73:74])[0] == -9
    assert begin == 10 * first and end == 10 * last - 5
