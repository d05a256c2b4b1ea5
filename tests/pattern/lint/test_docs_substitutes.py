"""The page of substitutes names every place where a library without a vendor is used."""

import re
from pathlib import Path

import pytest

from support.checkout import REPOSITORY
from support.docs.files import SOURCES, tracked
from support.docs.pages import page


@pytest.mark.parametrize("library", ["faust", "feast", "sentence_transformers"])
def test_every_use_of_the_library_is_named(library: str) -> None:
    imported = re.compile(rf"^\s*(?:import|from) {library}\b", re.MULTILINE)
    users = [
        file
        for file in tracked()
        if file.startswith(SOURCES) and file.endswith(".py")
        if imported.search((REPOSITORY / file).read_text())
    ]
    assert users
    named = set(page("docs/substitutes.md").spans)
    unnamed = [file for file in users if not {file, str(Path(file).parent)} & named]
    assert unnamed == []
