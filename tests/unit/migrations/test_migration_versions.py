from pathlib import Path

from alembic.script import ScriptDirectory

import apps.migrations


def test_the_migrations_are_one_line_named_by_their_numbers() -> None:
    folder = Path(apps.migrations.__file__).parent
    scripts = list(ScriptDirectory(str(folder)).walk_revisions())[::-1]
    files = sorted((folder / "versions").glob("[0-9]*.py"))
    numbers = [f"{number:04}" for number in range(1, len(files) + 1)]
    assert [file.name.partition("_")[0] for file in files] == numbers
    assert [script.revision for script in scripts] == numbers
    assert [script.down_revision for script in scripts] == [None, *numbers[:-1]]
