from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from ml.checks import Check, as_html, as_markdown
from ml.data.synthetic import SyntheticConfig, generate
from ml.data_validation.bounds import DataBounds
from ml.data_validation.clocks import Clocks
from ml.data_validation.report import DataReport
from ml.dataset import Dataset
from ml.evaluation.recovery import as_dataset

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
USUAL = Clocks(NOW, future_interactions=0)


@pytest.fixture(scope="module")
def shop() -> Dataset:
    config = SyntheticConfig(n_users=300, n_items=200, n_interactions=6000)
    return as_dataset(generate(config))


def report(dataset: Dataset, **changed: Any) -> DataReport:
    arguments = {"until": NOW, "clocks": USUAL, "before": {}, "bounds": DataBounds(), **changed}
    return DataReport.of(dataset, **arguments)


def failed(dataset: Dataset, **changed: Any) -> list[str]:
    return [check.name for check in report(dataset, **changed).failed]


def with_interactions(shop: Dataset, interactions: pd.DataFrame) -> Dataset:
    return Dataset(interactions.reset_index(drop=True), shop.users, shop.items)


def test_an_honest_shop_passes_every_check(shop: Dataset) -> None:
    first = report(shop)
    assert first.failed == []
    assert first.summary == "Every check passed."
    again = report(shop, before=first.figures)
    assert again.failed == []
    assert len(again.checks) > len(first.checks), "it is compared with the run before"


def test_half_of_the_catalogue_missing_is_told_in_a_sentence(shop: Dataset) -> None:
    before = report(shop).figures
    halved = Dataset(shop.interactions, shop.users, shop.items.iloc[::2])
    found = report(halved, before=before)
    assert found.failed[0].name == "number of items"
    assert found.summary == (
        "There are 100 items and were 200 in the run of the live version: 50% fewer; at most 20%"
        " may be missing."
    )


def test_nothing_to_learn_from_or_to_recommend(shop: Dataset) -> None:
    none = Dataset(shop.interactions.iloc[:0], shop.users.iloc[:0], shop.items.iloc[:0])
    assert failed(none) == ["some interactions", "some items"]
    assert report(none).summary == "There are no interactions to learn from."


def test_a_day_that_is_one_bots(shop: Dataset) -> None:
    newest = shop.interactions["timestamp"].max()
    bot = shop.interactions.sample(900, replace=True, random_state=1).assign(
        user_id="bot",
        timestamp=[newest + timedelta(hours=1, seconds=second) for second in range(900)],
    )
    log = pd.concat([shop.interactions, bot])
    found = report(with_interactions(shop, log))
    assert [check.name for check in found.failed] == ["largest user, one day's"]
    assert found.summary.startswith("One user has 900 of one day's")
    # Last week it would have been no less a bot.
    week_ago = log.assign(
        timestamp=log["timestamp"].where(log["user_id"] == "bot", log["timestamp"] + timedelta(5))
    )
    assert failed(with_interactions(shop, week_ago)) == ["largest user, one day's"]


def test_one_item_that_everybody_is_made_to_buy(shop: Dataset) -> None:
    log = shop.interactions
    pushed = log.assign(item_id=log["item_id"].where(log.index % 3 > 0, log["item_id"].iloc[0]))
    assert "largest item, all" in failed(with_interactions(shop, pushed))


def test_a_clock_that_is_a_year_ahead(shop: Dataset) -> None:
    of_run = report(shop, until=NOW + timedelta(days=365))
    assert [check.name for check in of_run.failed] == ["clock of the run"]
    assert "31,536,000 seconds ahead of the database's clock" in of_run.summary
    of_senders = report(shop, clocks=Clocks(NOW, future_interactions=500))
    assert [check.name for check in of_senders.failed] == ["interactions in the future"]
    assert failed(shop, until=NOW + timedelta(seconds=20)) == []
    assert failed(shop, until=NOW - timedelta(days=100)) == [], "a run that is repeated"


def test_ids_that_nobody_knows(shop: Dataset) -> None:
    renamed = shop.items.assign(item_id="new-" + shop.items["item_id"])
    assert failed(Dataset(shop.interactions, shop.users, renamed)) == ["unknown items"]
    strict = DataBounds(max_unknown_users=0.1)
    guests = Dataset(shop.interactions, shop.users.iloc[:0], shop.items)
    assert failed(guests, bounds=strict) == ["unknown users"]


def test_verdicts_that_are_all_positive_or_suddenly_others(shop: Dataset) -> None:
    log = shop.interactions
    judged = log.assign(interaction_type="positive_view")
    assert failed(with_interactions(shop, judged)) == ["positive verdicts"]
    halves = log.assign(
        interaction_type=[
            "positive_view" if row % 2 else "negative_view" for row in range(len(log))
        ]
    )
    found = report(with_interactions(shop, halves))
    assert found.failed == []
    assert found.figures["positive_verdict_share"] == pytest.approx(0.5)
    before = {**found.figures, "positive_verdict_share": 0.1}
    assert failed(with_interactions(shop, halves), before=before) == ["change of the verdicts"]


@pytest.mark.parametrize(
    ("table", "column", "value", "told"),
    [
        ("interactions", "rating", 7.0, "rating, not in 1 to 5, such as 7.0"),
        ("interactions", "quantity", 0.0, "quantity, below 1, such as 0.0"),
        ("interactions", "interaction_type", "stole", "no type of interaction, such as 'stole'"),
        ("interactions", "user_id", None, "user_id, not_nullable"),
        ("interactions", "timestamp", pd.NaT, "timestamp, not_nullable"),
        ("items", "discounted_price", -1.0, "discounted_price, below 0, such as -1.0"),
        ("items", "item_id", "", "item_id, an empty id, such as ''"),
        ("users", "user_id", "", "user_id, an empty id, such as ''"),
    ],
)
def test_a_value_that_breaks_the_schema_is_named(
    shop: Dataset, table: str, column: str, value: Any, told: str
) -> None:
    tables = {name: getattr(shop, name) for name in ("interactions", "users", "items")}
    broken = tables[table].copy()
    broken.loc[broken.index[3], column] = value
    found = report(Dataset(**{**tables, table: broken}))
    (check,) = (each for each in found.failed if each.name == f"schema of {table}")
    assert check.measured == 1
    assert told in check.sentence


def test_a_column_of_another_type_or_none_at_all_breaks_the_schema(shop: Dataset) -> None:
    texts = shop.interactions.assign(timestamp=shop.interactions["timestamp"].astype(str))
    assert failed_schema(with_interactions(shop, texts), "no instant with a time zone")
    assert failed_schema(
        with_interactions(shop, shop.interactions.drop(columns="rating")), "column_in_dataframe"
    )
    twice = Dataset(shop.interactions, shop.users, pd.concat([shop.items, shop.items.iloc[:1]]))
    assert failed_schema(twice, "item_id, field_uniqueness")


def failed_schema(dataset: Dataset, told: str) -> bool:
    sentences = [c.sentence for c in report(dataset).failed if c.name.startswith("schema")]
    return any(told in sentence for sentence in sentences)


def test_people_can_read_it() -> None:
    checks = [Check(name="a <b>", passed=False, measured=0.25, bound=0.2, sentence="It is 25 %.")]
    markdown = as_markdown("Data", "It is 25 %.", checks, ["A note."])
    assert "| a <b> | failed | 0.25 | 0.2 | It is 25 %. |" in markdown
    page = as_html("Data", "It is 25 %.", checks, ["A note."])
    assert "<td>a &lt;b&gt;</td><td>failed</td>" in page
