"""Shoppers read while versions are published, switched and killed.

`make test-publications` is the long form.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from ml.settings import MlSettings
from support.checkout import REPOSITORY
from support.publications import Prepared, leftovers, rehearse
from support.readers import reading

pytestmark = [pytest.mark.integration, pytest.mark.timeout(1200)]

IN_SHORT = 6


def test_every_list_is_one_versions_own_whatever_happens_to_publications(
    settings: MlSettings, taste_shop: Any, tmp_path: Path
) -> None:
    publications = int(os.environ.get("RECSYS_TEST_PUBLICATIONS", IN_SHORT))
    taste_shop.write(settings.database_url)
    prepared = Prepared.of(settings, tmp_path)
    prepared.publish(0)
    with reading(prepared) as readings:
        outcome = rehearse(prepared, publications, seed=1)
    figures = {
        "publications": publications,
        "killed": outcome.kills,
        "rollbacks and promotions": outcome.switches,
        "responses": readings.responses,
        "responses by version": dict(readings.by_version),
        "faults": readings.faults,
        "leftovers": leftovers(prepared),
    }
    if publications > IN_SHORT:
        (REPOSITORY / ".state" / "publications.json").write_text(
            json.dumps(figures, indent=2) + "\n"
        )
    assert not figures["faults"]
    assert not figures["leftovers"]
    assert outcome.kills >= publications / 4
    assert len(readings.by_version) > 1
