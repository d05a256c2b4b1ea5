"""Fetches the files of `operators.lock` if no folder of definitions is given (tools/build.sh)."""

import shutil
import sys
import urllib.request

from support.lab.lock import FOLDER, GIVEN, File, files

ELSEWHERE = "its kinds are missing, unless RECSYS_CRDS names a folder that has them"


def fetch(file: File) -> str | None:
    """Fetch a file that is not at hand; the reason if it cannot be had."""
    if file.path.is_file() and file.is_intact():
        return None
    if not file.url:
        return "its origin could not be confirmed"
    file.path.parent.mkdir(parents=True, exist_ok=True)
    partial = file.path.with_suffix(".partial")
    try:
        with urllib.request.urlopen(file.url, timeout=60) as there, partial.open("wb") as here:
            shutil.copyfileobj(there, here)
    except OSError as error:
        return f"it cannot be fetched from {file.url} ({error})"
    partial.rename(file.path)
    if not file.is_intact():
        file.path.unlink()
        return f"{file.url} has another SHA-256 than operators.lock"
    sys.stdout.write(f"{file.title}: fetched\n")
    return None


def main() -> None:
    if FOLDER == GIVEN:
        return
    for file in files():
        if not file.module and (reason := fetch(file)):
            sys.stderr.write(f"{file.title}: {reason}: {ELSEWHERE}\n")


if __name__ == "__main__":
    main()
