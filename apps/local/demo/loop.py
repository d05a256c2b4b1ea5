"""The steps of the whole loop on a running stack: load, wait, train, shop, read the lists back."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from typing import Any

import psycopg

from apps.filling.loader import LoadReport, ShopLoader
from apps.filling.source import Source
from apps.local import repository
from apps.local.demo.report import Report
from apps.local.demo.shoppers import ScriptedShoppers
from apps.local.event_progress import EventProgress, EventTracker
from apps.local.kafka import connection
from apps.local.stack import Stack
from ml.settings import MlSettings
from streams.publisher import Publisher

_STALL_SECONDS = 90.0


class FaultInjector:
    """Sends SIGKILL to each named component once, as soon as its work is under way.

    It shows that no event is lost or counted twice when a component fails.
    """

    def __init__(
        self, stack: Stack, components: Iterable[str], on_step: Callable[[str], None]
    ) -> None:
        self._stack = stack
        self._waiting = list(components)
        self._on_step = on_step
        self._killed: list[str] = []

    def observe(self, progress: EventProgress) -> None:
        """Kill each component that has work to do now."""
        for name in list(self._waiting):
            work = progress.unsunk if name == "connect" else progress.unprocessed
            if work:
                self._on_step(f"killing {name}: {progress}")
                self._stack.kill(name)
                self._waiting.remove(name)
                self._killed.append(name)

    def add_checks(self, report: Report) -> None:
        """Add to the report whether each component was killed."""
        for name in (*self._killed, *self._waiting):
            report.check(
                f"{name} was killed while events were under way",
                held=name in self._killed,
                found="killed" if name in self._killed else "it had no work to do",
            )


class Loop:
    """The steps of the loop; each adds its figures to the report.

    Args:
        stack: the running stack.
        report: what the steps found.
        on_step: called with each step, in words.
        on_status: called with the status of the present step, in words.
    """

    def __init__(
        self,
        stack: Stack,
        report: Report,
        *,
        on_step: Callable[[str], None],
        on_status: Callable[[str], None],
    ) -> None:
        self._stack = stack
        self._on_step = on_step
        self._on_status = on_status
        self._kafka = connection(stack.settings)
        self._settings = MlSettings(
            database_url=stack.database_url, models_dir=stack.settings.state_dir / "models"
        )
        self.report = report

    def load(self, source: Source) -> None:
        """Load the shop's data through Kafka."""

        def on_progress(loaded: LoadReport) -> None:
            self._on_status(str(loaded))

        self._on_step(f"loading the {source.name}")
        with Publisher(self._kafka) as publisher, self.report.phase("feed"):
            loader = ShopLoader(publisher, self._stack.database_url, on_progress)
            loader.load(source)
        self.report.events_read += loader.report.events_read
        self.report.events_acknowledged += loader.report.events_acknowledged
        self.report.rejected += loader.report.rejected
        self.report.repaired += loader.report.repaired

    def wait_until_stored(self, kill: Sequence[str] = ()) -> None:
        """Wait until every event is stored, and count.

        Args:
            kill: components that are killed meanwhile.
        """
        self._on_step("waiting until every event is stored in PostgreSQL")
        faults = FaultInjector(self._stack, kill, self._on_step)

        def on_progress(progress: EventProgress) -> None:
            faults.observe(progress)
            self._on_status(str(progress))

        with closing(EventTracker(self._kafka, self._stack.database_url)) as tracker:
            with self.report.phase("arrive"):
                tracker.wait_until_stored(_STALL_SECONDS, on_progress)
            self.report.dlq = tracker.dead_letters()
        faults.add_checks(self.report)
        with psycopg.connect(self._stack.database_url) as connection:
            counts = repository.counts(connection)
        self.report.events_in_postgres = counts.events
        self.report.events_distinct = counts.distinct
        self.report.view_verdicts = counts.verdicts
        self.report.users, self.report.items = counts.users, counts.items

    def train(self, towers: Mapping[str, Any]) -> None:
        """Run the pipeline; `towers` are the hyper-parameters that differ from the defaults."""
        from pipelines.retrain.local import run_local

        self._on_step("training: the Kubeflow pipeline, by its local runner")
        workspace = self._stack.settings.state_dir / "pipeline"
        with self.report.phase("train"):
            # The demonstration itself holds out what the report is scored on, so the gate has
            # nothing to go by.
            parameters = {"validate": False, "gate": "report", "towers": towers}
            result = run_local(self._settings, parameters, workspace, self._on_status)
        self.report.model_version = result.version

    def shop(self, towers: Mapping[str, Any]) -> None:
        """Let scripted shoppers in, retrain, and compare their lists before and after."""
        shoppers = ScriptedShoppers(self._stack.shop_url, self._stack.database_url, self._on_step)
        with self.report.phase("shop"):
            shoppers.visit()
        self.report.events_read += shoppers.events
        self.report.events_acknowledged += shoppers.events
        self.wait_until_stored()
        self.train(towers)
        with self.report.phase("shop"):
            self.report.list_changes = shoppers.return_later()
        for change in self.report.list_changes:
            self.report.check(
                f"the retrained list of the shopper who likes {change.wanted} has changed",
                held=change.before != change.after,
                found=f"{change.matching_before:.0%} matched before, {change.matching_after:.0%}"
                " after",
            )

    def read_back(self, source: Source) -> None:
        """Read every list back from Feast, and score the lists where items are held out."""
        from apps.local.demo.lists import read_back, score

        with self.report.phase("read_back"):
            lists = read_back(self._settings, self.report)
            if source.held_out:
                score(self._settings, lists, source.held_out, self.report)

    def check_counts(self) -> None:
        """Check that every event is stored exactly once."""
        report = self.report
        for name, count in (
            ("events_acknowledged", report.events_acknowledged),
            ("events_in_postgres", report.events_in_postgres),
            ("events_distinct", report.events_distinct),
        ):
            report.check(
                f"{name} equals events_read",
                held=count == report.events_read,
                found=f"{count} of {report.events_read}",
            )
        report.check("there are no dead letters", held=not report.dlq, found=report.dlq)
