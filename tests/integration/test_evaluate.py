"""`recsys evaluate` as a person runs it."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
from rich.console import Console

from apps.cli.main import app
from ml.towers.config import TowersConfig

RECSYS = Path(sys.executable).with_name("recsys")
ALL = ["two_tower", "popularity", "item_knn", "als", "bpr", "ease", "full"]
FIGURES = [
    "recall@5",
    "ndcg@5",
    "hit_rate@10",
    "ndcg@10",
    "coverage",
    "novelty",
    "train_seconds",
    "top_k_seconds",
    "peak_rss_mb",
    "parameters",
]
METRICS = FIGURES[:6]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of three tastes as CSV and as lines, with bad rows, and what is held out of it."""
    made = tmp_path_factory.mktemp("log")
    rng = np.random.default_rng(2)
    rows, held_out, lines = [], [], []
    for number in range(90):
        user, taste = f"u{number}", number % 3
        items = [f"i{taste}-{item}" for item in rng.permutation(20)[:7]]
        for place, item in enumerate(items[1:]):
            event = ("view", "addtocart", "transaction")[place % 3]
            rows.append(f"{1_700_000_000 + 86_400 * place + number},{user},{event},{item}")
        held_out.append(f"{user},{items[0]}")
        lines.append(" ".join((user, *items[1:])))
    rows.insert(1, "yesterday,u0,view,i0-1")
    rows.append("1700000000,u0,wish,i0-1")
    (made / "train.csv").write_text("\n".join(["timestamp,user_id,event,item_id", *rows]))
    (made / "test.csv").write_text("\n".join(["user_id,item_id", *held_out, "new,i0-1", "u1,gone"]))
    (made / "train.txt").write_text("\n".join([*lines, "idle"]))
    (made / "test.txt").write_text("\n".join(pair.replace(",", " ") for pair in held_out))
    names = [f"i{taste}-{item},Taste|{taste}" for taste in range(3) for item in range(20)]
    (made / "items.csv").write_text("\n".join(["item_id,category", *names]))
    (made / "users.csv").write_text("user_id,preferences\nnew,0\n")
    config = TowersConfig(dim=8, epochs=3, batch_size=64, text_encoder=None)
    (made / "towers.json").write_text(config.model_dump_json())
    return made


def evaluate(monkeypatch: pytest.MonkeyPatch, folder: Path, *arguments: str) -> int | str | None:
    """The command in this process; its exit status."""
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", ["recsys", "evaluate", *arguments])
    with pytest.raises(SystemExit) as ended:
        app()
    return ended.value.code


def test_every_model_on_a_csv_log(folder: Path) -> None:
    files = "--train train.csv --test test.csv --items items.csv --users users.csv"
    options = f"--models {','.join(ALL)} --towers towers.json --k 5 --seed 3"
    command = [str(RECSYS), "evaluate", *files.split(), *options.split(), "--json", "out.json"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads((folder / "out.json").read_text())
    assert list(found) == ["dataset", "models", "k", "seed", "versions"]
    assert found["dataset"] == {
        "users": 90,
        "items": 60,
        "train": 540,
        "test": 92,
        "rejected": [
            {
                "file": "train.csv",
                "line": 3,
                "reason": "timestamp 'yesterday' is neither unix seconds nor ISO 8601",
            },
            {
                "file": "train.csv",
                "line": 543,
                "reason": "event 'wish' is not one of view, addtocart, transaction, cart, purchase,"
                " rate, positive_view, negative_view",
            },
        ],
    }
    assert (found["k"], found["seed"]) == (5, 3)
    assert {"python", "torch", "implicit"} <= set(found["versions"])
    assert list(found["models"]) == ALL
    for figures in found["models"].values():
        assert [name for name in figures if name != "note"] == FIGURES
        assert 0 <= figures["coverage"] <= 1
        assert 0 < figures["novelty"] < np.log2(90)
    # 14 items of their taste a user has not seen, of which one is held out.
    assert found["models"]["ease"]["hit_rate@10"] > 0.5 > found["models"]["popularity"]["recall@5"]
    assert found["models"]["two_tower"]["parameters"]["dim"] == 8
    assert found["models"]["ease"]["parameters"]["lambda"] > 0
    assert "left out: train.csv, line 3: timestamp 'yesterday'" in done.stderr
    full = found["models"]["full"]
    assert sum(full["parameters"]["blend"]["weights"].values()) == pytest.approx(1)
    assert f"full: {full['note']}" in done.stderr
    assert full["note"] == full["parameters"]["blend"]["reason"]
    assert "two_tower (1 of 7)" in done.stderr
    assert all(name in done.stdout for name in (*ALL, "novelty"))


def test_lines_give_the_same_metrics_twice(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = "--train train.txt --test test.txt --format lines"
    options = "--models bpr,als --k 5 --json"
    for name in ("first.json", "second.json"):
        assert evaluate(monkeypatch, folder, *files.split(), *options.split(), name) == 0
    first, second = (
        json.loads((folder / name).read_text()) for name in ("first.json", "second.json")
    )
    assert first["dataset"] == {"users": 90, "items": 60, "train": 540, "test": 90, "rejected": []}
    for name in ("bpr", "als"):
        figures = [{key: each["models"][name][key] for key in METRICS} for each in (first, second)]
        assert figures[0] == figures[1]


def test_a_split_by_time_says_what_it_cannot_score(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = ["1,a,x", "2,a,y", "3,b,x", "4,b,z", "5,a,z", "6,b,new", "7,late,x", "8,late,new"]
    rows = [f"170000000{row}" for row in rows] + ["1700000009,a,x"]
    (folder / "times.csv").write_text("\n".join(["timestamp,user_id,item_id", *rows]))
    options = "--split time --test-share 0.6 --models popularity --json split.json"
    assert evaluate(monkeypatch, folder, "--train", "times.csv", *options.split()) == 0
    found = json.loads((folder / "split.json").read_text())
    assert found["split"] == {
        "by": "time",
        "instant": "2023-11-14T22:13:25+00:00",
        "interactions": 5,
        "users": 1,
        "new_users": 1,
        "items_of_new_users": 2,
        "new_items": 1,
        "seen_items": 1,
    }
    assert (found["dataset"]["train"], found["dataset"]["test"]) == (4, 1)
    assert found["models"]["popularity"]["recall@20"] == 1
    assert "not scored are 2 items of 1 users" in " ".join(capsys.readouterr().err.split())


def test_a_log_in_periods_says_what_retraining_is_worth(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("apps.cli.retraining.out", Console(width=80))
    files = "--train train.csv --towers towers.json --json weeks.json --picture weeks.svg"
    options = "--retrain --period 1d --periods 2 --warm-start --k 5"
    assert evaluate(monkeypatch, folder, *files.split(), *options.split()) == 0
    found = json.loads((folder / "weeks.json").read_text())
    assert [len(found["periods"]), found["period_seconds"], found["k"]] == [3, 86_400, 5]
    models = ["retrained", "never_retrained", "warm_start", "popularity", "recent_popularity"]
    assert list(found["overall"]) == models
    assert found["versions"]["python"]
    printed = capsys.readouterr().out
    assert max(map(len, printed.splitlines())) <= 80
    assert "…" not in printed
    for period in found["periods"]:
        assert period["start"][:10] in printed
        assert f"{period['models']['retrained']['recall']['mean']:.4f}" in printed
    assert all(name.replace("_", " ") in printed for name in models)
    assert (folder / "weeks.svg").read_text().startswith("<?xml")


def test_a_log_event_by_event_says_what_following_the_shopper_is_worth(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("apps.cli.replaying.out", Console(width=80))
    files = "--train train.csv --towers towers.json --json replay.json"
    options = ["--replay", "--period", "1d", "--k", "10", "--chain", '{"fused": {"recent": 1}}']
    assert evaluate(monkeypatch, folder, *files.split(), *options) == 0
    found = json.loads((folder / "replay.json").read_text())
    assert [found["k"], found["users"], found["users_of_period"]] == [10, 90, 90]
    assert found["chain"]["fused"] == {"recent": 1}
    assert found["versions"]["python"]
    printed = capsys.readouterr()
    assert max(map(len, printed.out.splitlines())) <= 80
    assert "…" not in printed.out
    lists = ["live", "nightly", "at_cut", "trending", "popular"]
    for reading in ("new_items", "all_items"):
        figures = found["readings"][reading]
        assert list(figures["lists"]) == lists
        assert f"{figures['events']} events of {figures['users']} users" in printed.out
        for name in lists:
            assert f"{figures['lists'][name]['hit_rate']['mean']:.4f}" in printed.out
            assert name.replace("_", " ") in printed.out
    assert f"before {found['cut'][:10]}" in printed.err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--replay", "one of --test, --split, --retrain and --replay"),
        ("--models ease", "--models needs --test or --split"),
        ("--picture weeks.jpg", "neither .svg nor .png"),
        ("--picture no/weeks.svg", "there is no folder no"),
        ("--test test.csv", "one of --test, --split, --retrain"),
        ("--period 3w", "3w is not a duration"),
        ("--period 90d", "no interaction is older"),
    ],
)
def test_periods_that_cannot_be_evaluated_are_refused(
    folder: Path,
    options: str,
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    arguments = ["--train", "train.csv", "--retrain", *options.split()]
    assert evaluate(monkeypatch, folder, *arguments) in {1, 2}
    assert message in " ".join(capsys.readouterr().err.split())


def test_a_killed_model_is_reported_and_the_others_go_on(folder: Path) -> None:
    arguments = "--train train.csv --test test.csv --models bpr,popularity --json killed.json"
    with subprocess.Popen(
        [RECSYS, "evaluate", *arguments.split()],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as running:
        child = _first_model(psutil.Process(running.pid))
        child.send_signal(signal.SIGKILL)
        printed, _ = running.communicate(timeout=60)
    assert running.returncode == 0
    found = json.loads((folder / "killed.json").read_text())["models"]
    assert found["bpr"] == {"error": "its process was killed, as it happens when memory runs out"}
    assert "recall@20" in found["popularity"]
    assert "bpr: its process was killed" in printed


def _first_model(command: psutil.Process) -> psutil.Process:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for child in command.children():
            if "multiprocessing.spawn" in " ".join(child.cmdline()):
                return child
        time.sleep(0.05)
    raise TimeoutError


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            {"--models": "ease,magic"},
            (1, "there is no model 'magic'; there are two_tower, popularity"),
        ),
        ({"--models": ","}, (1, "no model is named")),
        ({"--k": "0"}, (2, "greater than or equal to 1")),
        ({"--train": "none.csv"}, (2, "'none.csv' does not exist")),
        ({"--format": "lines"}, (1, "train.csv has no usable row")),
        ({"--items": "test.txt"}, (1, "test.txt lacks the columns item_id")),
        ({"--towers": "train.csv"}, (1, "train.csv: the file: Invalid JSON")),
        ({"--test": None}, (1, "one of --test, --split, --retrain")),
        ({"--split": "time"}, (1, "one of --test, --split, --retrain")),
        ({"--test-share": "0.2"}, (1, "--test-share belongs to --split")),
        ({"--test": None, "--split": "time", "--test-share": "1"}, (1, "must be in (0, 1), not 1")),
        (
            {"--test": None, "--split": "time", "--train": "train.txt", "--format": "lines"},
            (1, "the timestamp of every interaction; 540 of 540 have none"),
        ),
        ({"--period": "7d"}, (1, "--period needs --retrain or --replay")),
        ({"--picture": "some.svg"}, (1, "--picture needs --retrain")),
        ({"--chain": "{}"}, (1, "--chain needs --replay")),
        ({"--json": "no/where.json"}, (1, "there is no folder no")),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line_before_anything_is_trained(
    folder: Path,
    change: dict[str, str | None],
    expected: tuple[int, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    files: dict[str, str | None] = {"--train": "train.csv", "--test": "test.csv"}
    options = files | {"--models": "ease"} | change
    arguments = [part for name, value in options.items() if value for part in (name, value)]
    status, message = expected
    assert evaluate(monkeypatch, folder, *arguments) == status
    printed = capsys.readouterr().err
    assert message in " ".join(printed.split())
    assert "(1 of 1)" not in printed
