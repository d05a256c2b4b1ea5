"""The operators that run in the lab; kwok stands in for the others (stand_ins.yaml)."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.lab.api import Api
from support.lab.cloudnative_pg import cloudnative_pg
from support.lab.external_secrets import external_secrets
from support.lab.vault import Vault


@contextmanager
def operators(api: Api, folder: Path) -> Iterator[Vault]:
    """Run them until the block ends; External Secrets reads the vault."""
    with external_secrets(api, folder) as vault, cloudnative_pg(api, folder):
        yield vault
