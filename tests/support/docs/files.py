"""The files that a page may name: those of the repository, and those that programs write."""

import re
from functools import cache
from pathlib import Path

from support.checkout import REPOSITORY
from support.docs.settings import override_files
from support.pattern.charts import checked

SOURCES = ("apps", "ml", "pipelines", "streams")
ELSEWHERE = ("~/.config/recsys/edb-token", "~/values-secret-recsys.yaml", "card/README.md")
"""Files that a platform engineer has at home, and those of a bundle."""


@cache
def tracked() -> tuple[str, ...]:
    """The files of the working tree that git does not ignore."""
    listed = checked("git", "ls-files", "--cached", "--others", "--exclude-standard")
    return tuple(line for line in listed.splitlines() if (REPOSITORY / line).is_file())


def is_file(name: str) -> bool:
    """Whether it is a file or folder, by path or by name, or one that a program writes."""
    if name in ELSEWHERE or (REPOSITORY / name).exists() or any(REPOSITORY.glob(name)):
        return True
    plain = Path(name).name
    if "/" in name:
        return False
    return plain in _names() or plain in override_files() or f'"{plain}"' in _source()


@cache
def _names() -> set[str]:
    return {Path(file).name for file in tracked()}


@cache
def _source() -> str:
    files = (file for file in tracked() if file.endswith(".py") and file.split("/")[0] in SOURCES)
    return "".join((REPOSITORY / file).read_text() for file in files)


def paths(text: str) -> set[str]:
    """What looks like a path of the repository, from its root, in a text."""
    folders = "|".join(sorted({file.split("/")[0] for file in tracked() if "/" in file}))
    found = re.findall(rf"(?<![\w./~-])((?:{folders})/[\w./*-]*[\w*])", text)
    return {each for each in found if not re.search(r"[A-Z]{3,}(?!\.md)", each)}
