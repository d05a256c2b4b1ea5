"""The stack across versions: what an earlier one started, this one can stop."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from apps.local.stack import Stack
from support.laptop import local_settings

pytestmark = pytest.mark.integration


def test_a_supervisor_without_the_newest_components_is_stopped(tmp_path: Path) -> None:
    stack = Stack(local_settings(tmp_path))
    stack.settings.logs.mkdir()
    known = replace(stack.components["kafka"], command=("/bin/sleep", "600"))
    stack._supervisor.launch([known], dict(os.environ))
    stack._supervisor.start("kafka")
    stopped: list[str] = []
    try:
        stack.down(stopped.append)
    finally:
        if stack.is_running:
            stack._supervisor.shutdown()
    assert stopped == ["stopping kafka"]
    assert not stack.is_running
