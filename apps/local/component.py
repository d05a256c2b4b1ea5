"""A component of the stack: a process with an address and a health check.

The project's own four stand here: the Faust processor, the encoder, the storefront and the
dashboard.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from apps.local.settings import LocalSettings

_PYTHON = (sys.executable, "-m")


@dataclass(frozen=True, slots=True)
class Component:
    """One process of the stack."""

    name: str
    command: tuple[str, ...]
    address: str
    ports: dict[str, int]
    """Ports that it listens on, by the setting that changes each."""
    is_healthy: Callable[[], bool]
    """Whether it does its work now; must not raise."""
    log: Path
    stop_signal: str = "TERM"


def processor(settings: LocalSettings) -> Component:
    """One Faust worker."""
    address = f"http://127.0.0.1:{settings.processor_port}"
    return Component(
        name="processor",
        command=(*_PYTHON, "streams.processor"),
        address=address,
        ports={"RECSYS_PROCESSOR_PORT": settings.processor_port},
        is_healthy=lambda: _is_ready(address),
        log=settings.logs / "processor.log",
    )


def encoder(settings: LocalSettings) -> Component:
    """Gives products their vectors when they arrive or change."""
    address = f"http://127.0.0.1:{settings.encoder_port}"
    return Component(
        name="encoder",
        command=(*_PYTHON, "apps.encoder"),
        address=address,
        ports={"RECSYS_ENCODER_PORT": settings.encoder_port},
        is_healthy=lambda: _is_ready(address),
        log=settings.logs / "encoder.log",
    )


def storefront(settings: LocalSettings) -> Component:
    """The shop under gunicorn."""
    address = f"http://127.0.0.1:{settings.shop_port}"
    return Component(
        name="storefront",
        command=(
            *_PYTHON,
            "gunicorn",
            "--bind",
            f"127.0.0.1:{settings.shop_port}",
            "--workers",
            "1",
            "--threads",
            "8",
            "--no-control-socket",
            "--access-logfile",
            "-",
            "apps.storefront.wsgi:app",
        ),
        address=address,
        ports={"RECSYS_SHOP_PORT": settings.shop_port},
        is_healthy=lambda: _is_ready(address),
        log=settings.logs / "storefront.log",
    )


def analytics(settings: LocalSettings) -> Component:
    """The analysts' dashboard."""
    address = f"http://127.0.0.1:{settings.analytics_port}"
    return Component(
        name="analytics",
        command=(*_PYTHON, "apps.analytics.dashboard"),
        address=address,
        ports={"RECSYS_ANALYTICS_PORT": settings.analytics_port},
        is_healthy=lambda: _is_ready(address),
        log=settings.logs / "analytics.log",
    )


def _is_ready(address: str) -> bool:
    try:
        with urlopen(f"{address}/health/ready", timeout=3) as response:  # noqa: S310 - our own http address
            return bool(response.status == 200)  # noqa: PLR2004 - HTTP's OK
    except (URLError, OSError):
        return False
