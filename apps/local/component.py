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
    return _module(settings, "processor", "streams.processor", settings.processor_port)


def encoder(settings: LocalSettings) -> Component:
    """Gives products their vectors when they arrive or change, and texts theirs."""
    return _module(settings, "encoder", "apps.encoder", settings.encoder_port)


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
            "--worker-class",
            "apps.storefront.worker.KeptConnectionWorker",
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
    return _module(settings, "analytics", "apps.analytics.dashboard", settings.analytics_port)


def _module(settings: LocalSettings, name: str, module: str, port: int) -> Component:
    """A module of ours that is run as a program and answers on one port."""
    address = f"http://127.0.0.1:{port}"
    return Component(
        name=name,
        command=(*_PYTHON, module),
        address=address,
        ports={f"RECSYS_{name.upper()}_PORT": port},
        is_healthy=lambda: _is_ready(address),
        log=settings.logs / f"{name}.log",
    )


def _is_ready(address: str) -> bool:
    try:
        with urlopen(f"{address}/health/ready", timeout=3) as response:  # noqa: S310 - our own http address
            return bool(response.status == 200)  # noqa: PLR2004 - HTTP's OK
    except (URLError, OSError):
        return False
