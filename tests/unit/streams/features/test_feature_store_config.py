import subprocess
import sys

import pytest
from sqlalchemy import make_url

from streams.errors import ConfigurationError
from streams.features.store import repo_config
from streams.settings import FeatureSettings


def _settings(url: str) -> FeatureSettings:
    return FeatureSettings(database_url=url)


def test_everything_lies_in_one_database_and_the_schema_feast() -> None:
    config = repo_config(_settings("postgresql://me:p%40ss@db.example:5433/shop?sslmode=require"))
    for store in (config.online_store, config.offline_store):
        assert (store.host, store.port, store.database) == ("db.example", 5433, "shop")
        assert (store.user, store.password, store.sslmode) == ("me", "p@ss", "require")
        assert store.db_schema == "feast"
    assert config.project == "feast_edb_rec_sys"
    assert config.provider == "local"
    assert config.online_store.vector_enabled
    assert config.registry.sqlalchemy_config_kwargs["connect_args"] == {
        "options": "-csearch_path=feast"
    }


def test_tls_is_the_same_for_registry_and_stores() -> None:
    parameters = "sslmode=verify-full&sslrootcert=/etc/recsys/database/ca.crt"
    config = repo_config(_settings(f"postgresql://me:p@db/shop?{parameters}"))
    for store in (config.online_store, config.offline_store):
        assert store.sslmode == "verify-full"
        assert store.sslrootcert_path == "/etc/recsys/database/ca.crt"
    assert make_url(config.registry.path).query == {
        "sslmode": "verify-full",
        "sslrootcert": "/etc/recsys/database/ca.crt",
    }


def test_only_who_applies_makes_the_registrys_tables() -> None:
    settings = _settings("postgresql://me@db/shop")
    assert repo_config(settings).registry.schema_mode == "verify"
    assert repo_config(settings, registry_tables="auto").registry.schema_mode == "auto"


@pytest.mark.parametrize("url", ["postgresql://me@/shop", "postgresql://db.example"])
def test_an_incomplete_address_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="lacks"):
        repo_config(_settings(url))


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("ml.features.online", {"torch", "sentence_transformers"}),
        ("ml.serving.recommender", {"torch", "feast", "pandas"}),
        ("pipelines.retrain.local", {"torch", "feast", "kfp", "pandas"}),
    ],
)
def test_light_modules_import_nothing_heavy(module: str, absent: set[str]) -> None:
    code = f"import sys, {module}; print(*sorted(set(sys.modules) & {absent!r}))"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.split() == []


def test_torch_can_be_imported_after_feast() -> None:
    code = "import ml.features.online, torch; print(torch.ones(2).sum().item())"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "2.0"
