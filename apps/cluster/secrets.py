"""The file with the secrets of the pattern, before the framework loads it into Vault."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from streams.errors import ConfigurationError

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


def faults(file: Path, environment: Mapping[str, str]) -> Iterator[str]:
    """Each secret that nobody gives, generates or asks for, and each token that is none."""
    text = file.read_text()
    if text.startswith(_ENCRYPTED):
        return
    try:
        secrets: list[dict[str, Any]] = yaml.safe_load(text)["secrets"]
    except (yaml.YAMLError, KeyError, TypeError) as error:
        raise ConfigurationError(f"{file} is no list of secrets: {error}") from error
    for secret in secrets:
        for field in secret["fields"]:
            if field.get("onMissingValue", "error") == "error":
                yield from _faults(f"{secret['name']}/{field['name']}", field, file, environment)


def _faults(
    name: str, field: dict[str, Any], file: Path, environment: Mapping[str, str]
) -> Iterator[str]:
    path = field.get("path") or field.get("ini_file")
    content = _content(path, environment) if path else str(field.get("value") or "").strip()
    words = len(content.split())
    if not content:
        yield (
            f"{name} is to be in {path}, which is missing or empty"
            if path
            else f"{name} has no value in {file}"
        )
    elif words > 1 and field["name"] == "token" and "ini_file" not in field:
        yield f"{name} is to be one word; {path or file} has {words}"


def _content(path: str, environment: Mapping[str, str]) -> str:
    home = environment.get("HOME", "~")
    file = Path(path.replace("~", home, 1) if path.startswith("~/") else path).expanduser()
    return file.read_text(errors="replace").strip() if file.is_file() else ""
