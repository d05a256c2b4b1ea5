"""`recsys analytics`: the live dashboard of the shop."""

import os
import sys
from typing import Annotated

import typer

from apps.cli.connections import KAFKA_VARIABLE, running_stack
from apps.cli.progress import err


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command()(analytics)


def analytics(
    *, in_browser: Annotated[bool, typer.Option("--open", help="Open it in a browser.")] = False
) -> None:
    """Show the address of the live dashboard.

    The running stack serves it. With RECSYS_KAFKA_BOOTSTRAP_SERVERS this command serves that of
    another Kafka, until Ctrl-C: on RECSYS_ANALYTICS_PORT, with names and prices from
    RECSYS_ANALYST_DATABASE_URL.
    """
    if KAFKA_VARIABLE not in os.environ:
        url = running_stack().analytics_url
        print(url)
        if in_browser:
            typer.launch(url)
        return
    from apps.analytics.dashboard.settings import DashboardSettings

    settings = DashboardSettings()
    err.print(f"the dashboard is at http://{settings.analytics_host}:{settings.analytics_port}")
    os.execv(sys.executable, (sys.executable, "-m", "apps.analytics.dashboard"))  # noqa: S606 - no shell
