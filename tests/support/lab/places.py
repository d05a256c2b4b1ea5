"""Where the lab's programs, modules and logs are."""

from support.checkout import REPOSITORY

STATE = REPOSITORY / ".state" / "gitops"
BIN = STATE / "bin"
MODULES = STATE / "modules"
DEFINITIONS = STATE / "definitions"
