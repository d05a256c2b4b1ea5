"""The rules by which the framework's loader writes a file of secrets into Vault.

From the source of the collection rhvp.cluster_utils (role find_vp_secrets, modules
parse_secrets_info and vault_load_parsed_secrets), which the tests cannot have.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SEARCHED = (
    "{home}/.config/hybrid-cloud-patterns/values-secret-{pattern}.yaml",
    "{home}/.config/validated-patterns/values-secret-{pattern}.yaml",
    "{home}/values-secret-{pattern}.yaml",
    "{home}/values-secret.yaml",
    "{checkout}/values-secret.yaml.template",
)
"""Where the loader looks for the file, in this order, unless VALUES_SECRET names it."""


class RefusedError(Exception):
    """The loader stops, before it writes anything."""


@dataclass
class Vault:
    """What a Vault has, by `prefix/name`; it generates a different password each time."""

    home: Path
    secrets: dict[str, dict[str, str]] = field(default_factory=dict)
    passwords: Iterator[int] = field(default_factory=itertools.count)

    def load(self, file: dict[str, Any]) -> None:
        """Load a file, as `make load-secrets` does."""
        if str(file.get("version", "1.0")) != "2.0":
            raise RefusedError("version")
        values = {
            (secret["name"], each["name"]): self._value(each)
            for secret in file["secrets"]
            for each in secret["fields"]
        }
        for secret in file["secrets"]:
            prefixes = secret.get("vaultPrefixes", ["hub"])
            if not prefixes:
                raise RefusedError("vaultPrefixes")
            for position, each in enumerate(secret["fields"]):
                for prefix in prefixes:
                    value = values[secret["name"], each["name"]]
                    self._write(f"{prefix}/{secret['name']}", each, value, first=position == 0)

    def _value(self, each: dict[str, Any]) -> str | None:
        """The value of a field; None if Vault is to generate it."""
        given = [key for key in ("value", "path", "ini_file") if key in each]
        if len(given) > 1:
            raise RefusedError(" and ".join(given))
        if path := each.get("path"):
            file = Path(str(path).replace("~", str(self.home), 1))
            if not file.is_file():
                raise RefusedError(str(path))
            return file.read_text()
        if each.get("onMissingValue") == "generate":
            return None
        if not each.get("value"):
            raise RefusedError(str(each["name"]))
        return str(each["value"])

    def _write(self, name: str, each: dict[str, Any], value: str | None, *, first: bool) -> None:
        there = self.secrets.get(name, {})
        if value is None:
            if not each.get("override") and each["name"] in there:
                return
            value = f"password-{next(self.passwords)}"
        kept = {} if first else there  # `vault kv put` and `vault kv patch`
        self.secrets[name] = {**kept, each["name"]: value}
