"""Runs one worker: `python -m streams.processor`; start several to share the partitions."""

from streams.processor.app import create_app
from streams.settings import StreamSettings

if __name__ == "__main__":
    app = create_app(StreamSettings())
    app.finalize()
    from faust.worker import Worker

    Worker(app, loglevel="INFO").execute_from_commandline()
