"""The file with the secrets of the pattern, before the framework loads it into Vault."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from streams.errors import ConfigurationError

Field = dict[str, Any]
Secret = dict[str, Any]

_ENCRYPTED = "$ANSIBLE_VAULT"


def find(pattern: str, root: Path, environment: Mapping[str, str]) -> Path:
    """The first file that exists, in the order of the framework; the template is the last.

    Raises:
        ConfigurationError: there is no such file.
    """
    if chosen := environment.get("VALUES_SECRET"):
        if not Path(chosen).expanduser().is_file():
            raise ConfigurationError(f"VALUES_SECRET names {chosen}, which does not exist")
        return Path(chosen).expanduser()
    home = Path(environment.get("HOME", "~")).expanduser()
    candidates = [
        home / f".config/hybrid-cloud-patterns/values-secret-{pattern}.yaml",
        home / f".config/validated-patterns/values-secret-{pattern}.yaml",
        home / f"values-secret-{pattern}.yaml",
        home / "values-secret.yaml",
        root / "values-secret.yaml.template",
    ]
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    raise ConfigurationError(f"no secrets: none of {', '.join(map(str, candidates))} exists")


def read(file: Path) -> list[Secret] | None:
    """The secrets of a file; None if it is encrypted.

    Raises:
        ConfigurationError: it has no list of secrets.
    """
    text = file.read_text()
    if text.startswith(_ENCRYPTED):
        return None
    try:
        secrets: list[Secret] = yaml.safe_load(text)["secrets"]
        return [{**secret, "fields": list(secret["fields"])} for secret in secrets]
    except (yaml.YAMLError, KeyError, TypeError) as error:
        raise ConfigurationError(f"{file} is no list of secrets: {error}") from error


def faults(file: Path, environment: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with the secrets that the file gives, and with how it gives them."""
    for secret in read(file) or []:
        for field in secret["fields"]:
            if field.get("onMissingValue", "error") == "error":
                yield from _faults(f"{secret['name']}/{field['name']}", field, file, environment)
        first, *others = secret["fields"]
        lost = [field["name"] for field in others if _is_kept(field)]
        if lost and not _is_kept(first):
            yield (
                f"loading {secret['name']}/{first['name']} would replace the generated"
                f" {', '.join(lost)} (the loader writes a secret anew with its first field): list a"
                " generated field first, without override, and change one value by `make rotate`"
            )


def content(field: Field, environment: Mapping[str, str]) -> str:
    """What a field that is not generated has, or what its file has, as it is."""
    path = field.get("path") or field.get("ini_file")
    if not path:
        return str(field.get("value") or "")
    home = environment.get("HOME", "~")
    file = Path(path.replace("~", home, 1) if path.startswith("~/") else path).expanduser()
    return file.read_text(errors="replace") if file.is_file() else ""


def _is_kept(field: Field) -> bool:
    """Whether the loader leaves the value in Vault as it is, once there is one."""
    return field.get("onMissingValue") == "generate" and not field.get("override")


def _faults(name: str, field: Field, file: Path, environment: Mapping[str, str]) -> Iterator[str]:
    path = field.get("path") or field.get("ini_file")
    words = len(content(field, environment).split())
    if not words:
        yield (
            f"{name} is to be in {path}, which is missing or empty"
            if path
            else f"{name} has no value in {file}"
        )
    elif words > 1 and field["name"] == "token" and "ini_file" not in field:
        yield f"{name} is to be one word; {path or file} has {words}"
