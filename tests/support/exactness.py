"""What must hold after a trial: every event counts exactly once."""

import re
import time
from collections import Counter
from contextlib import closing
from datetime import UTC

import psycopg

from apps.local.event_progress import EventTracker
from streams.contracts import INTERACTIONS
from support import event_log
from support.dead_letters import letters
from support.laptop import RunningStack
from support.trial import ITEM_PREFIX, Trial, eventually

_STALL_SECONDS = 90
_VERDICTS = ("positive_view", "negative_view")
_ANSWERED = re.compile(r" answers \d{3}$")


def wait_until_stored(stack: RunningStack) -> float:
    """Wait until nothing is under way; returns the seconds."""
    begin = time.monotonic()
    eventually(lambda: _outbox(stack) == 0, "the outbox is empty")
    with closing(EventTracker(stack.kafka, stack.database_url)) as tracker:
        tracker.wait_until_stored(_STALL_SECONDS, lambda _: None)
    return time.monotonic() - begin


def check(stack: RunningStack, trial: Trial) -> dict[str, float]:
    """Compare acknowledgements, log, rows and verdicts; returns the figures of the trial."""
    log = event_log.events(stack, INTERACTIONS.public.name)
    shoppers = _shoppers(stack, trial)
    direct, through_shop = (
        {each: event for each, event in log.items() if is_ours(event["user_id"])}
        for is_ours in (trial.is_on_topics, shoppers.__contains__)
    )
    rows = _rows(stack, {event["user_id"] for event in (direct | through_shop).values()})
    stored = Counter(row[0] for row in rows if row[2] not in _VERDICTS)
    assert set(stored.values()) == {1}
    assert stored.keys() == direct.keys() | through_shop.keys()
    assert {str(each) for each in trial.outcome.acknowledged} == direct.keys()

    found: dict[event_log.View, list[str]] = {}
    for _, view, kind in rows:
        if kind in _VERDICTS and trial.is_on_topics(view[0]):
            found.setdefault(view, []).append(kind)
    expected = event_log.verdicts(list(direct.values()))
    assert {view: sorted(each) for view, each in found.items()} == expected
    users = {event["user_id"] for event in (direct | through_shop).values()}
    assert _dead_letters_of(stack, users) == 0

    assert _differing_counters(stack) == []

    unanswered = _check_answers(trial)
    answered = trial.http.interactions
    assert answered <= len(through_shop) <= answered + unanswered
    return {
        "events": len(direct),
        "events through the shop": len(through_shop),
        "verdicts": sum(map(len, expected.values())),
        "positive": sum(each.count("positive_view") for each in expected.values()),
        "events a second": round(len(direct) / trial.outcome.seconds, 1),
        "requests": trial.http.settled,
        "requests without an answer": unanswered,
        "requests answered with an error": len(trial.http.failures) - unanswered,
        **{f"{kill.part}: under way at the kill": kill.work for kill in trial.outcome.kills},
        **{
            f"{kill.part}: seconds to recover": round(at - kill.at, 1)
            for kill, at in trial.outcome.recovered
        },
    }


def _check_answers(trial: Trial) -> int:
    """All requests have an answer but those of the killed worker; returns how many have none.

    An error is an answer that only those get who ask while PostgreSQL is away.
    """
    work = {kill.part: kill.work for kill in trial.outcome.kills}
    away = [
        (kill.at, min(at for _, at in trial.outcome.recovered if at > kill.at))
        for kill in trial.outcome.kills
        if kill.part == "postgres"
    ]
    unanswered = [text for _, text in trial.http.failures if not _ANSWERED.search(text)]
    assert len(unanswered) <= work.get("storefront", 0), unanswered
    errors = [
        text
        for at, text in trial.http.failures
        if _ANSWERED.search(text) and not any(start <= at <= end for start, end in away)
    ]
    assert errors == [], errors
    return len(unanswered)


def _outbox(stack: RunningStack) -> int:
    backlog = stack.stack.outbox()
    return -1 if backlog is None else backlog.waiting


def _shoppers(stack: RunningStack, trial: Trial) -> set[str]:
    with psycopg.connect(stack.database_url) as connection:
        rows = connection.execute(
            "select user_id from shop.users where starts_with(email, %s)",
            [trial.shop.address_prefix],
        ).fetchall()
    return {user_id for (user_id,) in rows}


def _rows(stack: RunningStack, users: set[str]) -> list[tuple[str, event_log.View, str]]:
    """Id, view and kind of each row of these users."""
    with psycopg.connect(stack.database_url) as connection:
        rows = connection.execute(
            "select interaction_id, user_id, item_id, timestamp, interaction_type"
            " from events.interactions where user_id = any(%s)",
            [list(users)],
        ).fetchall()
    return [
        (str(identifier), (user, item, at.astimezone(UTC)), kind)
        for identifier, user, item, at, kind in rows
    ]


def _differing_counters(stack: RunningStack) -> list[tuple[object, ...]]:
    """The items and days of the load whose counters are not what the rows say."""
    with psycopg.connect(stack.database_url) as connection:
        return connection.execute(
            "select item_id, day, c, r from ("
            " select item_id, day, array[views, cart_additions, purchases, ratings] as c"
            " from events.item_counters where starts_with(item_id, %(prefix)s)) as counted"
            " full join ("
            " select item_id, (timestamp at time zone 'utc')::date as day,"
            "  array[count(*) filter (where interaction_type = 'view'),"
            "   count(*) filter (where interaction_type = 'cart'),"
            "   count(*) filter (where interaction_type = 'purchase'),"
            "   count(*) filter (where interaction_type = 'rate')] as r"
            " from events.interactions where starts_with(item_id, %(prefix)s) group by 1, 2"
            ") as stored using (item_id, day) where c is distinct from r",
            {"prefix": ITEM_PREFIX},
        ).fetchall()


def _dead_letters_of(stack: RunningStack, users: set[str]) -> int:
    keys = {user.encode() for user in users}
    return sum(each.key() in keys for each in letters(stack, INTERACTIONS.dead_letters.name))
