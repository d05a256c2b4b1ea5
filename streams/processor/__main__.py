"""Runs one worker: `python -m streams.processor`; start several to share the partitions."""

from faust.worker import Worker

from streams.certificates import end_when_renewed
from streams.processor import metrics, prerequisites
from streams.processor.app import create_app
from streams.settings import ProcessorSettings

if __name__ == "__main__":
    settings = ProcessorSettings()
    end_when_renewed(settings)
    if settings.metrics_port:
        metrics.serve(settings.metrics_port)
    prerequisites.wait(settings)
    Worker(create_app(settings), loglevel="INFO").execute_from_commandline()
