"""Serves the dashboard, `python -m apps.analytics.dashboard`, until it is stopped."""

import os
import sys

from apps.analytics.dashboard.settings import DashboardSettings

_VIEWERS = "32"  # each has a thread as long as the page is open


def main() -> None:
    """The command: this process becomes gunicorn's."""
    settings = DashboardSettings()
    address = f"{settings.analytics_host}:{settings.analytics_port}"
    command = (
        *(sys.executable, "-m", "gunicorn", "--bind", address, "--no-control-socket"),
        *("--workers", "1", "--threads", _VIEWERS, "--graceful-timeout", "2"),
        "apps.analytics.dashboard.wsgi:app",
    )
    os.execv(sys.executable, command)  # noqa: S606 - gunicorn itself, without a shell


if __name__ == "__main__":
    main()
