"""The project's own processes: the Faust processor and the storefront."""

import sys
from urllib.error import URLError
from urllib.request import urlopen

from apps.local.part import Part
from apps.local.settings import LocalSettings

_PYTHON = (sys.executable, "-m")


def processor(settings: LocalSettings) -> Part:
    """One Faust worker."""
    address = f"http://127.0.0.1:{settings.processor_port}"
    return Part(
        name="processor",
        command=(*_PYTHON, "streams.processor"),
        address=address,
        ports={"RECSYS_PROCESSOR_PORT": settings.processor_port},
        is_healthy=lambda: _is_ready(address),
        log=settings.logs / "processor.log",
    )


def storefront(settings: LocalSettings) -> Part:
    """The shop under gunicorn."""
    address = f"http://127.0.0.1:{settings.shop_port}"
    return Part(
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


def _is_ready(address: str) -> bool:
    try:
        with urlopen(f"{address}/health/ready", timeout=3) as response:  # noqa: S310 - our own http address
            return bool(response.status == 200)  # noqa: PLR2004 - HTTP's OK
    except (URLError, OSError):
        return False
