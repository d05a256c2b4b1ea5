"""Paths of the lab's programs, modules and logs."""

import os
from pathlib import Path

from support.checkout import REPOSITORY

STATE = REPOSITORY / ".state" / "gitops"
BIN = Path(os.environ.get("RECSYS_GITOPS_BIN") or STATE / "bin")
"""The programs that `tests/support/tools/build.sh` builds; its modules are beside it."""
MODULES = BIN.parent / "modules"
DEFINITIONS = BIN.parent / "definitions"
SOURCES = BIN.parent / "sources"
"""Copies of the operators' modules, as they are built."""
