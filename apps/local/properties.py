"""Java's configuration files."""

from collections.abc import Mapping
from pathlib import Path


def write_properties(path: Path, values: Mapping[str, str]) -> None:
    """Write a .properties file; values are plain ASCII without line breaks."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"{key}={value.replace(chr(92), chr(92) * 2)}" for key, value in values.items()]
    path.write_text("\n".join(lines) + "\n")
