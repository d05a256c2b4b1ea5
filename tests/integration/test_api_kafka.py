"""The API under gunicorn with a real Kafka: what is accepted is on the topic, once for each id."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from streams.contracts import IMPRESSIONS, INTERACTIONS, Impression, Interaction, new_id
from support.api import new_key
from support.broker import Broker
from support.shop import interactions
from support.shop_process import gunicorn
from support.topics import records

pytestmark = pytest.mark.integration


@pytest.fixture
def caller(stocked: str, kafka_broker: Broker, tmp_path: Path) -> Iterator[httpx.Client]:
    key = new_key(stocked)
    with (
        gunicorn(stocked, kafka_broker.kafka, tmp_path) as (address, _),
        httpx.Client(
            base_url=f"{address}/api/v1",
            headers={"Authorization": f"Bearer {key.text}"},
            timeout=30,
        ) as http,
    ):
        until_kafka_is(http, "up")
        yield http


def until_kafka_is(http: httpx.Client, state: str) -> None:
    deadline = time.monotonic() + 30
    while http.get("/health/ready").json()["kafka"] != state:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def published(broker: Broker, user: str) -> list[Interaction]:
    found = records(broker.kafka, INTERACTIONS.public.name)
    return [Interaction.decode(value) for key, value in found if key == user]


def row(user: str, **changes: object) -> dict[str, object]:
    return {"user_id": user, "item_id": "p1", "interaction_type": "view", **changes}


def post(http: httpx.Client, path: str, **sent: Any) -> httpx.Response:
    """The answer once Kafka has it: on a busy machine it may need longer than a request waits."""
    deadline = time.monotonic() + 60
    while (answer := http.post(path, **sent)).status_code == 503:
        assert time.monotonic() < deadline
        until_kafka_is(http, "up")
    return answer


def test_what_is_accepted_is_on_the_topic(caller: httpx.Client, kafka_broker: Broker) -> None:
    user = uuid4().hex
    many = [
        row(user, item_id=f"i{number}", timestamp="2026-11-01T10:00:00Z") for number in range(2_500)
    ]
    many[7]["quantity"] = 0
    answer = post(caller, "/interactions/bulk", json=many)
    assert answer.status_code == 202
    assert answer.json()["accepted"] == 2_499
    assert [(each["index"], each["location"]) for each in answer.json()["errors"]] == [
        (7, "quantity")
    ]
    found = list(dict.fromkeys(each.item_id for each in published(kafka_broker, user)))
    assert found == [f"i{number}" for number in range(2_500) if number != 7]


def test_one_interaction_is_on_the_topic(caller: httpx.Client, kafka_broker: Broker) -> None:
    user = uuid4().hex
    answer = caller.post("/interactions", json=row(user, quantity=3))
    assert answer.status_code == 202
    deadline = time.monotonic() + 30
    while not (found := published(kafka_broker, user)):  # by the outbox, if Kafka was slow
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert str(found[0].interaction_id) == answer.json()["interaction_id"]
    assert found[0].quantity == 3


def test_rows_that_are_sent_again_have_the_ids_that_they_had(
    caller: httpx.Client, kafka_broker: Broker
) -> None:
    user, own = uuid4().hex, str(new_id())
    rows = [
        row(user, interaction_id=own),
        row(user, timestamp="2026-11-01T10:00:00Z"),
        row(user, timestamp="2026-11-01T10:00:00Z", item_id="p2"),
    ]
    body = "\n".join(map(json.dumps, rows))
    for _ in range(2):
        lines = {"Content-Type": "application/x-ndjson"}
        answer = post(caller, "/interactions/bulk", content=body, headers=lines)
        assert answer.status_code == 202
    sent = [str(each.interaction_id) for each in published(kafka_broker, user)]
    assert len(sent) >= 6
    assert len(set(sent)) == 3
    assert sent[0] == own


def test_rows_of_which_none_is_valid_are_refused(caller: httpx.Client) -> None:
    answer = caller.post("/interactions/bulk", json=[row("u", quantity=0), 7])
    assert (answer.status_code, answer.headers["Content-Type"]) == (422, "application/problem+json")
    assert [each["index"] for each in answer.json()["errors"]] == [0, 1]


def test_what_a_shopper_was_shown_is_published(caller: httpx.Client, kafka_broker: Broker) -> None:
    user = uuid4().hex
    sent = {"user_id": user, "surface": "newsletter", "item_ids": ["p1", "p2"]}
    answer = caller.post("/impressions", json=sent)
    assert answer.status_code == 202
    deadline = time.monotonic() + 30
    while not (
        found := [
            Impression.decode(value)
            for key, value in records(kafka_broker.kafka, IMPRESSIONS.public.name)
            if key == user
        ]
    ):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert str(found[0].impression_id) == answer.json()["impression_id"]
    assert (found[0].surface, found[0].item_ids) == ("newsletter", ("p1", "p2"))


def test_nothing_accepted_is_lost_when_kafka_goes_away(
    caller: httpx.Client, kafka_broker: Broker, stocked: str
) -> None:
    user = uuid4().hex
    kafka_broker.kill()
    started = time.monotonic()
    answers = [caller.post("/interactions", json=row(user)) for _ in range(5)]
    assert time.monotonic() - started < 5
    accepted = {each.json()["interaction_id"] for each in answers if each.status_code == 202}
    assert len(accepted) == 5
    assert caller.post("/interactions/bulk", json=[row(user)]).status_code == 503
    assert {str(each.interaction_id) for each in interactions(stocked)} == accepted
    kafka_broker.start()
    until_kafka_is(caller, "up")
    deadline = time.monotonic() + 30
    while {str(each.interaction_id) for each in published(kafka_broker, user)} != accepted:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert post(caller, "/interactions/bulk", json=[row(user)]).status_code == 202
