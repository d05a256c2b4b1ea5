"""One pass through the whole loop without a person."""

from collections.abc import Sequence
from pathlib import Path

import psycopg

from apps.filling.feed import Feed
from apps.filling.source import Source
from apps.local import repository
from apps.local.arrivals import Arrivals, Progress
from apps.local.demo.chaos import Chaos
from apps.local.demo.display import Display
from apps.local.demo.report import Report
from apps.local.demo.shoppers import ScriptedShoppers
from apps.local.kafka import connection
from apps.local.stack import Stack
from ml.settings import MlSettings
from streams.publisher import Publisher

_STALL_SECONDS = 90.0


class Loop:
    """The steps of the loop on a running stack; each adds its figures to the report."""

    def __init__(self, stack: Stack, report: Report, display: Display) -> None:
        self._stack = stack
        self._display = display
        self._kafka = connection(stack.settings)
        self._settings = MlSettings(
            database_url=stack.database_url, models_dir=stack.settings.state_dir / "models"
        )
        self.report = report

    def fill(self, source: Source) -> None:
        """Bring the shop's data in through Kafka."""
        self._display.say(f"bringing in the {source.name}")
        publisher = Publisher(self._kafka)
        feed = Feed(publisher, self._stack.database_url, self._display.feeding)
        with self.report.phase("feed"):
            source.pour(feed)
        self.report.events_read += feed.fed.events_read
        self.report.events_acknowledged += feed.fed.events_acknowledged
        self.report.rejected += feed.fed.rejected
        self.report.repaired += feed.fed.repaired

    def arrive(self, kill: Sequence[str] = ()) -> None:
        """Wait until every event is a row, and count."""
        self._display.say("waiting until every event is a row in PostgreSQL")
        chaos = Chaos(self._stack, kill, self._display.say)

        def on_progress(progress: Progress) -> None:
            chaos(progress)
            self._display.arriving(progress)

        arrivals = Arrivals(self._kafka, self._stack.database_url)
        with self.report.phase("arrive"):
            arrivals.wait(_STALL_SECONDS, on_progress)
        self.report.dlq = arrivals.dead_letters()
        arrivals.close()
        chaos.note(self.report)
        with psycopg.connect(self._stack.database_url) as connection:
            counts = repository.counts(connection)
        self.report.events_in_postgres = counts.events
        self.report.events_distinct = counts.distinct
        self.report.view_verdicts = counts.verdicts
        self.report.users, self.report.items = counts.users, counts.items

    def train(self) -> None:
        """Run the pipeline."""
        from pipelines.retrain.local import run_local

        self._display.say("retraining: the Kubeflow pipeline, by its local runner")
        workspace = self._stack.settings.state_dir / "pipeline"
        with self.report.phase("train"):
            # What the report scores is held out by the demonstration itself.
            result = run_local(
                self._settings, {"validate": False}, workspace, self._display.training
            )
        self.report.model_version = result.version

    def shop(self) -> None:
        """Let scripted shoppers in, retrain, and see what it did to their lists."""
        shoppers = ScriptedShoppers(
            self._stack.shop_url, self._stack.database_url, self._display.say
        )
        with self.report.phase("shop"):
            shoppers.visit()
        self.report.events_read += shoppers.events
        self.report.events_acknowledged += shoppers.events
        self.arrive()
        self.train()
        with self.report.phase("shop"):
            self.report.list_changes = shoppers.return_later()
        for change in self.report.list_changes:
            self.report.check(
                f"the retrained list of the shopper who wants {change.wanted} has changed",
                held=change.before != change.after,
                found=f"{change.matching_before:.0%} matched, now {change.matching_after:.0%}",
            )

    def read_back(self, source: Source) -> None:
        """Read every list back from Feast and score it."""
        from apps.local.demo.lists import read_back, score

        with self.report.phase("read_back"):
            lists = read_back(self._settings, self.report)
            if source.held_out:
                score(self._settings, lists, source.held_out, self.report)

    def check_counts(self) -> None:
        """Check that every event is one row."""
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
        report.check("no event is a dead letter", held=not report.dlq, found=report.dlq)


def run_once(
    stack: Stack,
    source: Source,
    display: Display,
    *,
    scripted: bool,
    kill: Sequence[str],
    write_to: Path | None,
) -> Report:
    """Start the stack, go through the loop, stop the stack; the report is written in any case."""
    report = Report()
    try:
        with report.phase("start"):
            stack.up(display.say)
        loop = Loop(stack, report, display)
        loop.fill(source)
        loop.arrive(kill)
        loop.train()
        if scripted:
            loop.shop()
        loop.read_back(source)
        loop.check_counts()
    except BaseException as error:
        report.check("the run came to its end", held=False, found=error)
        raise
    finally:
        with report.phase("stop"):
            stack.down(display.say)
        if write_to:
            write_to.parent.mkdir(parents=True, exist_ok=True)
            write_to.write_text(report.model_dump_json(indent=2))
    return report
