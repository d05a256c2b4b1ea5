"""`recsys load`: visitors who use the shop as the shoppers of a busy day do."""

from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from apps.cli.connections import running_stack
from apps.cli.inputs import Seed
from apps.cli.progress import ProgressBar, ProgressDisplay, err, out
from streams.errors import ConfigurationError

if TYPE_CHECKING:
    from apps.load.report import Latency, Measurements, Report
    from apps.load.run import Load, Plan
    from apps.load.tracing import ClickTracer, View


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command()(load)


def load(
    *,
    rate: Annotated[
        float,
        typer.Option(min=0.1, help="Mean number of requests a second; with --direct, of events."),
    ] = 10,
    seconds: Annotated[float, typer.Option(min=1, help="How long is measured.")] = 60,
    seed: Seed = 1,
    shop: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Another shop than that of the running stack."),
    ] = None,
    direct: Annotated[
        bool, typer.Option("--direct", help="Straight to the topics of the running stack.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Let visitors into the shop: sessions, bursts, popular and rare products, some robots.

    Requests come at their instants, however slow the shop is, and latencies count from there. The
    first 5 seconds are not measured. On the running stack, a sample of the views is followed to its
    row and to the live history. Ctrl-C ends the load early, with a report. The exit status is 1 if
    a request failed.
    """
    if shop and direct:
        raise ConfigurationError("--shop and --direct exclude each other")
    from apps.load.report import Measurements
    from apps.load.run import Plan, run

    plan, measurements = Plan(rate, seconds, seed), Measurements()
    with ExitStack() as resources:
        with ProgressDisplay() as display:
            tracer = None if shop else _tracer(resources, display.step)
            on_view = tracer.offer if tracer else _ignore
            if direct:
                made = _direct(plan, measurements, on_view, resources)
            else:
                made = _over_http(plan, measurements, on_view, shop or running_stack().shop_url)
            display.step("opening the accounts of shoppers who come back")
            made.prepare()
        with ProgressBar() as bar:

            def show(now: float) -> None:
                what = "warming up" if now < 0 else f"{measurements.settled:,} answered"
                share = min(1.0, max(0.0, now) / seconds)
                bar.show(int(now >= 0), what, share, max(0.0, seconds - now))

            report = run(made, measurements, plan, tracer=tracer, on_progress=show)
    if as_json:
        print(report.model_dump_json(indent=2))
    else:
        _show(report)
    if report.errors:
        raise typer.Exit(1)


def _tracer(resources: ExitStack, on_step: Callable[[str], None]) -> "ClickTracer":
    stack = running_stack()
    on_step("connecting to PostgreSQL and Feast, to follow views")
    from apps.load.tracing import ClickTracer
    from streams.settings import FeatureSettings

    settings = FeatureSettings(database_url=stack.database_url)
    tracer = resources.enter_context(ClickTracer(settings))
    tracer.connect()
    return tracer


def _ignore(_: "View") -> None:
    pass


def _over_http(
    plan: "Plan", measurements: "Measurements", on_view: "Callable[[View], None]", url: str
) -> "Load":
    from apps.load.over_http import HttpLoad, catalogue

    items = catalogue(url)
    return HttpLoad(url, plan.shopping(len(items)), items, measurements, on_view)


def _direct(
    plan: "Plan",
    measurements: "Measurements",
    on_view: "Callable[[View], None]",
    resources: ExitStack,
) -> "Load":
    import psycopg

    from apps.load.repository import item_ids
    from apps.load.to_topics import TopicLoad
    from apps.local.kafka import connection
    from streams.publisher import Publisher

    stack = running_stack()
    with psycopg.connect(stack.database_url) as database:
        items = item_ids(database)
    if not items:
        raise ConfigurationError("the shop has no products; fill it with: recsys fill")
    publisher = resources.enter_context(Publisher(connection(stack.settings)))
    shopping = plan.shopping(len(items), events_only=True)
    return TopicLoad(publisher, shopping, items, measurements, on_view=on_view)


def _show(report: "Report") -> None:
    table = Table("page", title="Latency from the intended instant, in milliseconds")
    for column in ("answered", "errors", "p50", "p95", "p99"):
        table.add_column(column, justify="right")
    for page, figures in report.pages.items():
        table.add_row(
            page.value, f"{figures.answered:,}", f"{figures.errors:,}", *_times(figures.latency)
        )
    for name, latency in (
        ("click to row", report.click_to_row),
        ("click to live history", report.click_to_live_history),
    ):
        if latency:
            table.add_row(name, f"{latency.samples:,}", "", *_times(latency))
    out.print(table)
    out.print(
        f"{report.requests:,} in {report.seconds:,.0f} s: {report.rate_achieved:,.1f} a"
        f" second of {report.rate:,.1f}; {report.errors:,} errors, {report.skipped:,} forms left"
        f" out, {report.events_acknowledged:,} events acknowledged",
        soft_wrap=True,
        highlight=False,
    )
    if report.clicks_lost:
        out.print(f"{report.clicks_lost:,} views did not arrive in a minute")
    for message in report.messages:
        err.print(message, markup=False, soft_wrap=True)


def _times(latency: "Latency") -> tuple[str, str, str]:
    p50, p95, p99 = (
        "" if each is None else f"{each:,.0f}"
        for each in (latency.p50_ms, latency.p95_ms, latency.p99_ms)
    )
    return p50, p95, p99
