"""`recsys contracts`: export the contracts, and find changes of the events that break somebody."""

import json
import subprocess
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from apps.cli.progress import out
from streams.contracts import CHANNELS
from streams.errors import ConfigurationError
from streams.schemas.asyncapi import document
from streams.schemas.compatibility import breaking_changes
from streams.schemas.json_schema import json_schema

FOLDER = Path("docs/contracts")
_ASYNCAPI = "asyncapi.yaml"
_OPENAPI = "openapi.yaml"


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    contracts = typer.Typer(no_args_is_help=True, help="The contracts of events and API as files.")
    contracts.command()(export)
    contracts.command()(check)
    cli.add_typer(contracts, name="contracts")


def export(
    out_dir: Annotated[
        Path, typer.Option("--out", help="Folder for the files.", file_okay=False)
    ] = FOLDER,
) -> None:
    """Write the AsyncAPI document, the API's OpenAPI document, and JSON Schemas of the events."""
    out_dir.mkdir(parents=True, exist_ok=True)
    for name, text in files().items():
        (out_dir / name).write_text(text)
        out.print(str(out_dir / name), highlight=False, soft_wrap=True)


def check(
    against: Annotated[
        str, typer.Option(help="AsyncAPI document, or a git revision that has one in its place.")
    ],
) -> None:
    """List what the contracts of the code break compared with published ones; status 1 if any."""
    broken = breaking_changes(_published(against), document())
    for change in broken:
        print(change)
    if broken:
        raise typer.Exit(1)
    out.print(f"nothing breaks compared with {against}", highlight=False)


def files() -> dict[str, str]:
    """What is exported, by the files' names."""
    from apps.storefront.api.app import document as openapi

    schemas = {
        f"{channel.public.name}.schema.json": json.dumps(json_schema(channel.contract), indent=2)
        + "\n"
        for channel in CHANNELS
    }
    return {_ASYNCAPI: _yaml(document()), _OPENAPI: _yaml(openapi()), **schemas}


def _yaml(found: dict[str, Any]) -> str:
    # Through JSON, so that equal parts are not written as anchors and aliases.
    plain = json.loads(json.dumps(found))
    text = yaml.dump(plain, Dumper=_Readable, sort_keys=False, allow_unicode=True, width=100)
    return f"# Written by: recsys contracts export\n{text}"


class _Readable(yaml.SafeDumper):
    """Indents lists, and writes a text of several lines line by line."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: FBT001, FBT002, ARG002 - PyYAML's
        super().increase_indent(flow, indentless=False)


_Readable.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar(
        "tag:yaml.org,2002:str", text, style="|" if "\n" in text else None
    ),
)


def _published(against: str) -> dict[str, Any]:
    file = Path(against)
    try:
        text = file.read_text() if file.is_file() else _at_revision(against)
        found = yaml.safe_load(text)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigurationError(f"{against} cannot be read: {error}") from error
    if not isinstance(found, dict) or "asyncapi" not in found:
        raise ConfigurationError(f"{against} is no AsyncAPI document")
    return found


def _at_revision(revision: str) -> str:
    name = f"{revision}:{(FOLDER / _ASYNCAPI).as_posix()}"
    done = subprocess.run(  # noqa: S603 - git reads one file
        ["git", "show", "--end-of-options", name],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ConfigurationError(
            f"{revision} is neither a file nor a revision with {FOLDER / _ASYNCAPI}:"
            f" {done.stderr.strip()}"
        )
    return done.stdout
