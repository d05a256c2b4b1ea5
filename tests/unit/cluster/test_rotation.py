"""One field of a secret is changed in Vault, here a program that keeps its fields in files."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from apps.cluster.rotation import Rotation
from streams.errors import ConfigurationError, UnavailableError
from support.checkout import REPOSITORY

# Runs what it is to execute in the pod of Vault; for all else there is nothing in the cluster.
OC = """#!/usr/bin/env bash
while [[ $1 == --* ]]; do shift; done
if [[ $1 == exec ]]; then
  [[ "$1 $2 $3 $4 $5 $6" == "exec --stdin vault-0 --namespace vault --" ]] || exit 2
  shift 6
  exec "$@"
fi
echo '{"items": []}'
"""
VAULT = """#!/usr/bin/env bash
case "$*" in
  "read -field=password sys/policies/password/urlSafe/generate")
    [[ -z ${SEALED:-} ]] || { echo "Vault is sealed" >&2; exit 2; }
    echo new-password ;;
  "kv patch -mount=secret hub/"*)
    folder=$VAULT_FILES/$4
    [[ $5 == *=- ]] && mkdir -p "$folder" && cat >"$folder/${5%=-}" ;;
  *) echo "unknown: $*" >&2; exit 2 ;;
esac
"""


@pytest.fixture
def vault(tmp_path: Path, cluster: Any) -> Path:
    files = tmp_path / "vault"
    (files / "hub/database").mkdir(parents=True)
    for name in ("recsys", "storefront"):
        (files / "hub/database" / name).write_text(f"old-{name}")
    programs = Path(cluster.environment["PATH"].split(":")[0])
    for name, text in {"oc": OC, "vault": VAULT}.items():
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    cluster.environment["VAULT_FILES"] = str(files)
    token = Path(cluster.environment["HOME"]) / ".config/recsys/edb-token"
    token.parent.mkdir(parents=True)
    token.write_text("a-token\n")
    return files


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    root = tmp_path / "checkout"
    root.mkdir()
    for name in ("values-global.yaml", "values-hub.yaml", "values-secret.yaml.template"):
        shutil.copy(REPOSITORY / name, root / name)
    (root / "overrides").mkdir()
    return root


def rotate(cluster: Any, checkout: Path, secret: str, field: str) -> list[str]:
    said: list[str] = []
    Rotation.of(checkout, cluster.environment, secret, field).run(said.append)
    return said


def test_only_one_field_is_written(cluster: Any, checkout: Path, vault: Path) -> None:
    assert rotate(cluster, checkout, "database", "storefront") == [
        "Vault has a new database/storefront"
    ]
    fields = {file.name: file.read_text() for file in (vault / "hub/database").iterdir()}
    assert fields == {"recsys": "old-recsys", "storefront": "new-password"}


def test_a_password_that_cannot_be_generated_is_not_emptied(
    cluster: Any, checkout: Path, vault: Path
) -> None:
    cluster.environment["SEALED"] = "yes"
    with pytest.raises(UnavailableError, match="Vault is sealed"):
        rotate(cluster, checkout, "database", "storefront")
    assert (vault / "hub/database/storefront").read_text() == "old-storefront"


def test_a_given_secret_is_what_its_file_has(cluster: Any, checkout: Path, vault: Path) -> None:
    rotate(cluster, checkout, "edb", "token")
    assert (vault / "hub/edb/token").read_text() == "a-token\n"
    (Path(cluster.environment["HOME"]) / ".config/recsys/edb-token").write_text(" \n")
    with pytest.raises(ConfigurationError, match="edb/token has no value"):
        rotate(cluster, checkout, "edb", "token")


def test_an_unknown_field(cluster: Any, checkout: Path, vault: Path) -> None:
    with pytest.raises(ConfigurationError, match="has no database/nobody; it has database/recsys,"):
        rotate(cluster, checkout, "database", "nobody")


def test_an_encrypted_file(cluster: Any, checkout: Path, vault: Path) -> None:
    own = Path(cluster.environment["HOME"]) / "values-secret-recsys.yaml"
    own.write_text("$ANSIBLE_VAULT;1.1;AES256\n6162\n")
    with pytest.raises(ConfigurationError, match="is encrypted"):
        rotate(cluster, checkout, "database", "storefront")
