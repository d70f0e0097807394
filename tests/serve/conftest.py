# SPDX-License-Identifier: Apache-2.0
"""The server's tests share the model writer of the command line's tests, and a server on the demo model."""
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))

from server import Server  # noqa: E402


@pytest.fixture(scope="module")
def demo():
    """The demo model with the default options."""
    with Server() as server:
        yield server
        server.is_healthy()
