"""Where the lab's programs, modules and logs are."""

from pathlib import Path

REPOSITORY = Path(__file__).parents[3]
STATE = REPOSITORY / ".state" / "gitops"
BIN = STATE / "bin"
MODULES = STATE / "modules"
DEFINITIONS = STATE / "definitions"
