"""What `recsys status` shows: components, the sink's tasks, lag, and the shop's outbox."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from rich.markup import escape
from rich.table import Table

from apps.cli.progress import out
from apps.local import connect, kafka, restarter
from apps.local.event_progress import GroupLag, lags
from apps.local.stack import ComponentStatus, Stack
from apps.storefront.events.repository import Backlog
from streams.errors import UnavailableError
from streams.sink.connect import TaskState
from streams.sink.restarts import MAX_RESTARTS, Restarts


@dataclass(frozen=True, slots=True)
class Status:
    """The stack as it is now."""

    components: Sequence[ComponentStatus]
    tasks: Sequence[TaskState]
    """None while Connect does not answer."""
    restarts: Mapping[str, Restarts]
    """By connector."""
    lag: Sequence[GroupLag]
    """None while Kafka does not answer."""
    outbox: Backlog | None

    @classmethod
    def of(cls, stack: Stack) -> Self:
        """Look at everything; what does not answer is left out."""
        components = stack.statuses()
        healthy = {each.name for each in components if each.healthy}
        return cls(
            components,
            connect.tasks(stack.settings),
            restarter.read(stack.settings.state_dir),
            _lags(stack) if "kafka" in healthy else (),
            stack.outbox(),
        )

    @property
    def is_healthy(self) -> bool:
        """Whether every component is."""
        return all(each.healthy for each in self.components)

    def show(self, *, as_json: bool) -> None:
        """Print it."""
        if as_json:
            print(json.dumps(self._as_dict(), indent=2))
            return
        out.print(self._component_table())
        for each in self.components:
            out.print(f"{each.name:10}  {each.log}", soft_wrap=True, highlight=False)
        for table in (self._task_table(), self._lag_table()):
            if table.row_count:
                out.print(table)
        if self.outbox:
            out.print(
                f"{'outbox':10}  {self.outbox.waiting:,} events wait for Kafka, the oldest for"
                f" {self.outbox.oldest_seconds:,.0f} s; Kafka refuses {self.outbox.refused:,}",
                soft_wrap=True,
                highlight=False,
            )

    def _as_dict(self) -> dict[str, Any]:
        shown = {each.name: each.as_dict() for each in self.components}
        shown["connect"]["tasks"] = [
            {**asdict(each), "restarts": self._restarts(each).total} for each in self.tasks
        ]
        shown["kafka"]["lag"] = [asdict(each) for each in self.lag]
        if self.outbox:
            shown["storefront"]["outbox"] = asdict(self.outbox)
        return shown

    def _component_table(self) -> Table:
        table = Table("component", "state", "health", "pid")
        table.add_column("address", no_wrap=True)
        for each in self.components:
            table.add_row(
                each.name,
                each.state,
                "[green]healthy[/green]" if each.healthy else "[red]not healthy[/red]",
                str(each.pid or ""),
                each.address,
            )
        return table

    def _task_table(self) -> Table:
        table = Table("connector", "task", "state", "worker", "restarts")
        table.add_column("reason", overflow="fold")
        for each in self.tasks:
            restarts = self._restarts(each)
            given_up = each.has_failed and restarts.is_exhausted
            table.add_row(
                each.connector,
                "" if each.task is None else str(each.task),
                f"[red]{each.state}[/red]" if each.has_failed else each.state,
                each.worker,
                f"{restarts.total}, given up after {MAX_RESTARTS}" if given_up
                else str(restarts.total),
                escape(each.reason),
            )  # fmt: skip
        return table

    def _lag_table(self) -> Table:
        table = Table("consumer group", "topic")
        table.add_column("lag", justify="right")
        for each in self.lag:
            table.add_row(each.group, each.topic, f"{each.records:,}")
        return table

    def _restarts(self, task: TaskState) -> Restarts:
        return self.restarts.get(task.connector, Restarts())


def _lags(stack: Stack) -> Sequence[GroupLag]:
    try:
        return lags(kafka.connection(stack.settings))
    except UnavailableError:
        return ()
