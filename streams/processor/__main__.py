"""Runs one worker: `python -m streams.processor`; start several to share the partitions."""

from faust.worker import Worker

from streams.processor import prerequisites
from streams.processor.app import create_app
from streams.settings import StreamSettings

if __name__ == "__main__":
    settings = StreamSettings()
    prerequisites.wait(settings)
    Worker(create_app(settings), loglevel="INFO").execute_from_commandline()
