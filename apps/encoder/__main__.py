"""Runs the encoder, `python -m apps.encoder`, until it is stopped."""

import os
import sys

from apps.encoder.settings import EncoderSettings


def main() -> None:
    """The command: this process becomes gunicorn's."""
    settings = EncoderSettings()
    command = (
        *(sys.executable, "-m", "gunicorn", "--no-control-socket"),
        *("--bind", f"{settings.encoder_host}:{settings.encoder_port}"),
        # One worker holds the models; its threads wait for batches, and answer probes meanwhile.
        *("--workers", "1", "--threads", "32", "--graceful-timeout", "5"),
        # Longer than a client leaves its connections alone.
        *("--keep-alive", "75"),
        "apps.encoder.wsgi:app",
    )
    # PyTorch's too. Before it is imported, so that all of the process keeps to it.
    os.environ["OMP_NUM_THREADS"] = str(settings.encoder_threads)
    os.execv(sys.executable, command)  # noqa: S606 - gunicorn itself, without a shell


if __name__ == "__main__":
    main()
