"""Every command in the documentation works as it is written there.

Those that work on files alone are in `test_documented_evaluations.py`.
"""

import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from streams.contracts import INTERACTIONS, DeadLetter
from streams.publisher import Publisher
from support.checkout import REPOSITORY
from support.docs.shown import ACTIVATE, COMMANDS, EVERY_COMMAND, of_stack, run, run_as_shown
from support.interactions import interaction
from support.laptop import cli_environment, local_settings
from support.publishing import publish_records
from support.shop import stock

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("page", [*filter(of_stack, COMMANDS)])
def test_recsys_commands(stack: Any, page: str, tmp_path: Path) -> None:
    stock(stack.database_url)
    letter = DeadLetter(INTERACTIONS.public.name, 0, 0, reason="an example", stage="test")
    with Publisher(stack.kafka) as publisher:
        publisher.publish_dead_letters(INTERACTIONS.dead_letters.name, [letter])
    shopping = interaction("documented", "i", "purchase", datetime.now(UTC))
    publish_records(stack.kafka, INTERACTIONS.public.name, [(shopping.key, shopping.encode())])
    with psycopg.connect(stack.database_url) as connection:
        connection.execute(
            "insert into shop.users (user_id, user_name, email, password_hash)"
            " values (%s, 'Ada', 'ada@example.org', 'none') on conflict do nothing",
            [str(uuid4())],
        )
    run_as_shown(of_stack(page), stack.cli_environment, tmp_path)


@pytest.mark.parametrize("page", ["README.md", "operations.md"])
def test_who_starts_with_a_page_learns_to_activate_the_environment(page: str) -> None:
    text = (REPOSITORY / "docs" / page if page != "README.md" else REPOSITORY / page).read_text()
    assert ACTIVATE in text


@pytest.mark.parametrize("line", [line for line in EVERY_COMMAND if line.startswith("make ")])
def test_make_knows_its_targets(line: str) -> None:
    """`make demo` waits for a person and `make test` runs this; what make would do is enough."""
    assert run(["make", "--dry-run", *shlex.split(line)[1:]], cli_environment_of_nobody())


def test_the_demonstration_without_a_person(tmp_path: Path) -> None:
    """In a smaller shop than that of the command as it stands, which takes minutes longer."""
    assert "make demo ONCE=1" in EVERY_COMMAND
    environment = cli_environment(local_settings(tmp_path / "state"))
    size = ["USERS=200", "ITEMS=500", "INTERACTIONS=8000"]
    report = run(["make", "demo", "ONCE=1", *size], environment)
    assert "failed" not in report
    assert "users_with_top_k" in report


def test_no_command_is_of_another_kind() -> None:
    assert all(line.startswith(("recsys ", "make ")) or line == ACTIVATE for line in EVERY_COMMAND)


def cli_environment_of_nobody() -> dict[str, str]:
    return cli_environment(local_settings(Path("unused")))
