"""Where the lab's programs, modules and logs are."""

import os
from pathlib import Path

from support.checkout import REPOSITORY

STATE = REPOSITORY / ".state" / "gitops"
BIN = Path(os.environ.get("RECSYS_GITOPS_BIN") or STATE / "bin")
"""Where `tests/support/tools/build.sh` puts the programs; the modules lie beside it."""
MODULES = BIN.parent / "modules"
DEFINITIONS = BIN.parent / "definitions"
