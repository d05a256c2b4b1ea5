"""`recsys demo --once`: the whole loop, its report and its exit status."""

import json
import random
import signal
import subprocess
import sys
from itertools import takewhile
from pathlib import Path

import psutil
import pytest

from support.laptop import QUICK_TOWERS, cli_environment, local_settings
from support.trial import eventually

pytestmark = pytest.mark.integration

RECSYS = Path(sys.executable).with_name("recsys")
ROWS, USERS, ITEMS, CIRCLES = 2400, 80, 200, 4


@pytest.fixture
def log_and_test(tmp_path: Path) -> tuple[Path, Path]:
    """A log of four circles of taste with three bad lines, and an unseen item for each user."""
    rng = random.Random(3)
    unseen = {user: CIRCLES * (user % (ITEMS // CIRCLES)) + user % CIRCLES for user in range(USERS)}
    lines = ["timestamp,user_id,event,item_id"]
    for number in range(ROWS):
        user = rng.randrange(USERS)
        item = CIRCLES * rng.randrange(ITEMS // CIRCLES) + user % CIRCLES
        event = rng.choice(["view", "view", "view", "addtocart", "transaction"])
        if item != unseen[user]:
            lines.append(f"{1430622000 + 60 * number},u{user},{event},i{item}")
    lines[5:5] = ["soon,u1,view,i1", "1430622000,u1,stare,i1", "1430622000,,view,i1"]
    log, test = tmp_path / "events.csv", tmp_path / "held_out.csv"
    log.write_text("\n".join(lines) + "\n")
    held_out = [f"u{user},i{item}" for user, item in unseen.items()]
    test.write_text("\n".join(["user_id,item_id", *held_out]) + "\n")
    return log, test


def processes_of(state: Path) -> list[list[str]]:
    """The commands that run with a state folder."""
    return [
        process.info["cmdline"] or []
        for process in psutil.process_iter(["cmdline", "environ"])
        if str(state) in " ".join(process.info["cmdline"] or ())
        or (process.info["environ"] or {}).get("RECSYS_STATE_DIR") == str(state)
    ]


def test_a_log_goes_round_the_loop(tmp_path: Path, log_and_test: tuple[Path, Path]) -> None:
    log, test = log_and_test
    rows = len(log.read_text().splitlines()) - 1
    settings = local_settings(tmp_path / "state")
    report_path = tmp_path / "report.json"
    done = subprocess.run(
        [RECSYS, "demo", "--once", "--replay", log, "--test", test, "--report", report_path],
        env=cli_environment(settings),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(report_path.read_text())
    assert report["events_read"] == rows - 3
    for name in ("events_acknowledged", "events_in_postgres", "events_distinct"):
        assert report[name] == report["events_read"], name
    assert report["dlq"] == 0
    assert [row["line"] for row in report["rejected"]] == [6, 7, 8]
    assert all(row["reason"] for row in report["rejected"])
    assert "line 7" in done.stdout
    assert report["users_with_top_k"] == report["users"] == USERS
    assert report["recall_at_20"] > report["popularity_recall_at_20"]
    assert {"start", "feed", "arrive", "train", "read_back"} <= report["seconds"].keys()
    assert processes_of(settings.state_dir) == []


def test_a_part_that_fails_is_named_with_its_log(tmp_path: Path) -> None:
    settings = local_settings(tmp_path / "state").model_copy(update={"start_timeout": 5.0})
    environment = {**cli_environment(settings), "RECSYS_JVM_HEAP": "1m"}
    done = subprocess.run(
        [RECSYS, "demo", "--once"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "kafka does not become healthy" in done.stderr or "connect does not" in done.stderr
    assert "last lines of" in done.stderr


def test_a_shop_that_has_opened_measures_its_model_until_it_is_stopped(tmp_path: Path) -> None:
    settings = local_settings(tmp_path / "state")
    size = ("--users", "60", "--items", "80", "--interactions", "900")
    with subprocess.Popen(
        [RECSYS, "demo", *size], env=cli_environment(settings), stderr=subprocess.PIPE, text=True
    ) as shop:
        assert shop.stderr is not None
        printed = list(takewhile(lambda line: "measured beside" not in line, shop.stderr))
        (training,) = psutil.Process(shop.pid).children()
        # A process that is being started has no command line for a moment.
        eventually(lambda: bool(training.cmdline()), "the training is a command")
        command, niceness = training.cmdline(), training.nice()
        towers = training.environ()["RECSYS_TOWERS"]
        shop.send_signal(signal.SIGTERM)
        shop.communicate()
    assert any("The shop is open" in line for line in printed), printed
    assert command[-1] == "train"
    assert towers == str(QUICK_TOWERS)
    assert niceness > psutil.Process().nice(), "shoppers come first"
    assert shop.returncode == 0
    assert processes_of(settings.state_dir) == []
