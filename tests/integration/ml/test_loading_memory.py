"""The memory of loading. With RECSYS_TEST_EVENTS=1000000 it gives the figures of docs/model.md,
in `.state/loading.json`.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from ml.settings import MlSettings
from support.checkout import REPOSITORY

pytestmark = pytest.mark.integration

MAX_MB_PER_MILLION = 300
FILL = """
insert into events.interactions
    (interaction_id, user_id, item_id, timestamp, interaction_type, quantity)
select gen_random_uuid(), 'user-' || (n * 7919 %% (%(events)s / 20 + 1))::text,
    'item-' || (n * 104729 %% 20000)::text, '2026-01-01'::timestamptz + n * interval '1 second',
    (array['view', 'negative_view', 'cart', 'purchase'])[1 + n %% 4], 1
from generate_series(1, %(events)s::bigint) n
"""
LOAD = """
import json, sys, time
from datetime import UTC, datetime
from pathlib import Path
from ml.dataset import Dataset
from ml.features.training_data import AsOf, export_dataset
from ml.settings import MlSettings

def peak():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("VmHWM:"))

url, folder = sys.argv[1:]
settings = MlSettings(database_url=url, models_dir=Path(folder))
as_of = AsOf(datetime.now(UTC))
export_dataset(settings, AsOf(datetime(2020, 1, 1, tzinfo=UTC)), Path(folder))  # all is imported
before, started = peak(), time.monotonic()
rows = export_dataset(settings, as_of, Path(folder))
exported, after_export = time.monotonic(), peak()
dataset = Dataset.load(Path(folder))
print(json.dumps({
    "rows": len(dataset.interactions), "exported": rows["interactions"],
    "export_mb": after_export - before, "load_mb": peak() - before,
    "export_seconds": exported - started, "load_seconds": time.monotonic() - exported,
}))
"""


def test_a_million_interactions_take_less_than_300_mb(settings: MlSettings, tmp_path: Path) -> None:
    events = int(os.environ.get("RECSYS_TEST_EVENTS", "600000"))
    with psycopg.connect(settings.database_url) as connection:
        connection.execute(FILL, {"events": events})

    done = subprocess.run(
        [sys.executable, "-c", LOAD, settings.database_url, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    if "RECSYS_TEST_EVENTS" in os.environ:
        (REPOSITORY / ".state" / "loading.json").write_text(json.dumps(found, indent=2) + "\n")
    assert found["rows"] == found["exported"] == events
    assert found["load_mb"] * 1e6 / events < MAX_MB_PER_MILLION
