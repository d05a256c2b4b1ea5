import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from apps.storefront.settings import StorefrontSettings
from streams.settings import KafkaSettings, ProcessorSettings
from support.authority import Authority

FILES = ("CA", "CERTIFICATE", "KEY")


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Sets the variables of a client of one authority; what is named has another value."""
    authority = Authority(tmp_path / "ours")
    client = authority.issue("client")
    values = {"CA": authority.certificate, "CERTIFICATE": client.certificate, "KEY": client.key}

    def put(**others: Path | str | None) -> None:
        monkeypatch.setenv("RECSYS_KAFKA_BOOTSTRAP_SERVERS", "one:9093,two:9093")
        for name, value in (values | others).items():
            if value is None:
                monkeypatch.delenv(f"RECSYS_KAFKA_{name}_FILE", raising=False)
            else:
                monkeypatch.setenv(f"RECSYS_KAFKA_{name}_FILE", str(value))

    return put


def test_without_files_kafka_is_reached_in_plain_text(environment: Callable[..., None]) -> None:
    environment(CA=None, CERTIFICATE=None, KEY=None)
    kafka = KafkaSettings()
    assert kafka.librdkafka == {"bootstrap.servers": "one:9093,two:9093"}
    assert kafka.kafka_python == {"bootstrap_servers": ["one:9093", "two:9093"]}
    assert kafka.ssl_context() is None


def test_with_files_every_client_checks_the_broker_and_shows_its_certificate(
    environment: Callable[..., None], tmp_path: Path
) -> None:
    environment()
    kafka = KafkaSettings()
    assert kafka.librdkafka == {
        "bootstrap.servers": "one:9093,two:9093",
        "security.protocol": "ssl",
        "ssl.ca.location": str(tmp_path / "ours" / "ca.crt"),
        "ssl.certificate.location": str(tmp_path / "ours" / "client.crt"),
        "ssl.key.location": str(tmp_path / "ours" / "client.key"),
    }
    assert kafka.kafka_python["security_protocol"] == "SSL"
    context = kafka.ssl_context()
    assert context is not None
    assert context.check_hostname
    assert len(context.get_ca_certs()) == 1, "the system's authorities are not trusted"


@pytest.mark.parametrize("absent", FILES)
def test_a_file_that_is_left_out_is_named(environment: Callable[..., None], absent: str) -> None:
    environment(**{absent: None})
    with pytest.raises(ValidationError, match=f"missing: RECSYS_KAFKA_{absent}_FILE "):
        KafkaSettings()


@pytest.mark.parametrize("absent", FILES)
def test_a_file_that_is_not_there_is_named(environment: Callable[..., None], absent: str) -> None:
    environment(**{absent: "/nowhere/at.all"})
    with pytest.raises(ValidationError, match="does not point to a file") as caught:
        KafkaSettings()
    assert [error["loc"] for error in caught.value.errors()] == [(f"kafka_{absent}_file".lower(),)]


def test_a_key_of_another_certificate_is_refused(
    environment: Callable[..., None], tmp_path: Path
) -> None:
    environment(KEY=Authority(tmp_path / "other").issue("client").key)
    with pytest.raises(ValidationError, match=r"do not fit.*mismatch"):
        KafkaSettings()


def test_a_file_that_is_no_certificate_is_refused(
    environment: Callable[..., None], tmp_path: Path
) -> None:
    (tmp_path / "empty").touch()
    environment(CA=tmp_path / "empty")
    with pytest.raises(ValidationError, match="do not fit"):
        KafkaSettings()


def test_processor_and_storefront_read_the_same_variables(
    environment: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    environment()
    monkeypatch.setenv("RECSYS_DATABASE_URL", "postgresql://me@db/shop")
    monkeypatch.setenv("RECSYS_SECRET_KEY", "0123456789abcdef0123456789abcdef")
    expected = KafkaSettings().librdkafka
    assert ProcessorSettings().librdkafka == expected
    assert StorefrontSettings().librdkafka == expected


@pytest.mark.parametrize("renewed", FILES)
def test_a_process_ends_in_good_order_when_a_certificate_is_renewed(
    environment: Callable[..., None], tmp_path: Path, renewed: str
) -> None:
    environment()
    code = """
import signal, sys
from streams.certificates import end_when_renewed
from streams.settings import KafkaSettings
signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))
end_when_renewed(KafkaSettings(), every=0.05)
print("watching", flush=True)
while True:
    signal.pause()
"""
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        assert process.stdout.readline() == "watching\n"
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.3)
        file = {"CA": "ca.crt", "CERTIFICATE": "client.crt", "KEY": "client.key"}[renewed]
        path = tmp_path / "ours" / file
        new = path.with_suffix(".new")
        new.write_text(path.read_text() + "\n")
        new.replace(path)
        assert process.wait(10) == 3
    finally:
        process.kill()
        process.communicate()
