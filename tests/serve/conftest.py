# SPDX-License-Identifier: Apache-2.0
"""The servers that several files of tests use, and the model writer of the command line's tests."""

import os
import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))

from server import ROOT, Server  # noqa: E402

SAN = ROOT / os.environ.get("QUIN_SAN", "build/san/quintrit")


@pytest.fixture(scope="module")
def demo():
    """The demo model with the default options."""
    with Server() as server:
        yield server
        server.is_healthy()


@pytest.fixture(scope="module")
def small():
    """Limits that are soon reached, under the sanitizers where that build is there."""
    binary = {"binary": str(SAN)} if SAN.exists() else {}
    limits = "--slots 2 --queue 2 --max-body 100000 --request-timeout 2 -c 64 --grace 2"
    with Server(*limits.split(), **binary) as server:
        yield server
        server.is_healthy()
        assert "Sanitizer" not in server.text()
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]", server.text())
