"""Changes one secret in the cluster's Vault: `python -m apps.cluster.rotation SECRET FIELD`.

The framework's loader cannot: it writes the first field of a secret anew, without the others.
"""

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import typer
from rich.console import Console
from rich.markup import escape

from apps.cluster import restarts, secrets
from apps.cluster.oc import Oc, Resource
from apps.cluster.pattern import Pattern
from streams.errors import ConfigurationError, RecsysError

_EXTERNAL_SECRETS = "externalsecrets.external-secrets.io"
_VAULT = ("vault-0", "--namespace", "vault")
Say = Callable[[str], None]


@dataclass(frozen=True)
class Rotation:
    """One field of one secret, in Vault and wherever it is used."""

    oc: Oc
    secret: secrets.Secret
    field: secrets.Field
    environment: Mapping[str, str]

    @classmethod
    def of(cls, root: Path, environment: Mapping[str, str], secret: str, field: str) -> "Rotation":
        """Find the field in the file of secrets.

        Raises:
            ConfigurationError: the file is encrypted, or has no such field.
        """
        file = secrets.find(Pattern.read(root).name, root, environment)
        found = secrets.read(file)
        if found is None:
            raise ConfigurationError(f"{file} is encrypted: decrypt it while you rotate")
        fields = {
            (each["name"], part["name"]): (each, part) for each in found for part in each["fields"]
        }
        if (secret, field) not in fields:
            known = ", ".join("/".join(names) for names in fields)
            raise ConfigurationError(f"{file} has no {secret}/{field}; it has {known}")
        return cls(Oc(environment), *fields[secret, field], environment)

    def run(self, say: Say) -> None:
        """Write the new value, and wait until everything that reads it has it."""
        self._write()
        say(f"Vault has a new {self.secret['name']}/{self.field['name']}")
        for item in self._readers():
            self._refresh(item)
            where = item["metadata"]["namespace"]
            target = item["spec"].get("target", {}).get("name") or item["metadata"]["name"]
            say(f"Secret {where}/{target} has it")
            for reader in restarts.readers(self.oc, where, target):
                say(f"{reader} reads it")

    def _write(self) -> None:
        name, mount = self.secret["name"], self.secret.get("vaultMount", "secret")
        generated = self.field.get("onMissingValue") == "generate"
        given = None if generated else secrets.content(self.field, self.environment)
        if given is not None and not given.strip():
            raise ConfigurationError(f"{name}/{self.field['name']} has no value to be written")
        for prefix in self.secret.get("vaultPrefixes", ["hub"]):
            patch = f"vault kv patch -mount={mount} {prefix}/{name} {self.field['name']}=-"
            if generated:
                policy = self.field.get("vaultPolicy", "validatedPatternDefaultPolicy")
                generate = f"vault read -field=password sys/policies/password/{policy}/generate"
                patch = f'value=$({generate}) && printf %s "$value" | {patch}'
            self.oc.run("exec", "--stdin", *_VAULT, "--", "sh", "-c", patch, stdin=given or "")

    def _readers(self) -> Iterator[Resource]:
        """The ExternalSecrets that read the field."""
        keys = {
            f"secret/data/{prefix}/{self.secret['name']}"
            for prefix in self.secret.get("vaultPrefixes", ["hub"])
        }
        for item in self.oc.resources(_EXTERNAL_SECRETS):
            remote = [entry["remoteRef"] for entry in item["spec"].get("data", [])]
            if any(
                ref["key"] in keys and ref.get("property") == self.field["name"] for ref in remote
            ):
                yield item

    def _refresh(self, item: Resource) -> None:
        name, where = item["metadata"]["name"], item["metadata"]["namespace"]
        before = item.get("status", {}).get("refreshTime")
        restarts.touch(self.oc, _EXTERNAL_SECRETS, name, where)

        def refreshed() -> bool:
            status = (self.oc.resource(_EXTERNAL_SECRETS, name, where) or {}).get("status", {})
            ready = any(
                (condition["type"], condition["status"]) == ("Ready", "True")
                for condition in status.get("conditions", [])
            )
            return ready and status.get("refreshTime") != before

        restarts.wait_until(refreshed, f"ExternalSecret {where}/{name} is not refreshed")


def main(secret: str, field: str) -> None:
    """Change one field of a secret, and let everything that reads it read it again."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        rotation = Rotation.of(Path.cwd(), os.environ, secret, field)
        rotation.run(lambda text: console.print(f"[green]ok[/green]     {escape(text)}"))
    except RecsysError as error:
        console.print(f"[bold red]error[/bold red]  {escape(str(error))}")
        sys.exit(1)


if __name__ == "__main__":
    typer.run(main)
