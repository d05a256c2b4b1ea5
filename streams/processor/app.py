"""The Faust application: it reads each partition of the public topics in batches."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import faust
import structlog
from faust.web import Request, Response, View

from streams.contracts import CHANNELS, INTERACTIONS, Channel
from streams.database import Database
from streams.errors import UnavailableError
from streams.features.online import OnlineStore
from streams.processor.processing import Processing
from streams.processor.validation import Record
from streams.publisher import Publisher
from streams.settings import PROCESSOR_GROUP, ProcessorSettings

log = structlog.get_logger()

_RETRY_SECONDS = 1.0
_SWEEP_SECONDS = 1.0
_CONNECTIONS = 4
_CONNECTION_TIMEOUT_SECONDS = 30.0

Work = Callable[[Sequence[Record]], None]


def create_app(settings: ProcessorSettings) -> faust.App:
    """The application, with one agent per channel and a timer that closes ended sessions."""
    context = settings.ssl_context()
    app = faust.App(
        PROCESSOR_GROUP,
        broker=[f"kafka://{server}" for server in settings.kafka_bootstrap_servers.split(",")],
        value_serializer="raw",
        key_serializer="raw",
        store="memory://",
        topic_disable_leader=True,
        web_bind=settings.processor_host,
        web_port=settings.processor_port,
        broker_credentials=faust.SSLCredentials(context) if context else None,
        consumer_auto_offset_reset="earliest",
        broker_session_timeout=10.0,
        broker_heartbeat_interval=3.0,
        broker_commit_interval=1.0,
    )
    processing = Processing(
        settings,
        Publisher(settings, client_id=PROCESSOR_GROUP),
        Database(
            settings.database_url, connections=_CONNECTIONS, timeout=_CONNECTION_TIMEOUT_SECONDS
        ),
        OnlineStore(settings),
    )
    works: dict[Channel, Work] = {INTERACTIONS: processing.interactions}
    for channel in CHANNELS:
        work = works.get(channel, partial(processing.validate, channel))
        _read(app, channel, work, settings.batch_size)

    @app.timer(_SWEEP_SECONDS)  # type: ignore[untyped-decorator]
    async def close_ended_sessions() -> None:
        try:
            while await asyncio.to_thread(processing.close_ended_sessions) == settings.batch_size:
                pass
        except UnavailableError as error:
            log.warning("sessions are not closed yet", reason=str(error))

    @app.page("/health/ready")
    async def ready(view: View, _request: Request) -> Response:
        assigned = len(app.consumer.assignment()) if app.consumer else 0
        return view.json(
            {"status": "ready" if assigned else "waiting", "partitions": assigned},
            status=200 if assigned else 503,
        )

    return app


def _read(app: faust.App, channel: Channel, work: Work, batch_size: int) -> None:
    """Register an agent that processes a channel's public topic.

    A batch is what has arrived: one event when the shop is quiet, `batch_size` events when there is
    a backlog. Events are acknowledged by hand once the work is done; Faust's own `take` would also
    acknowledge them when the work fails.
    """

    async def consume(stream: Any) -> None:
        batch: list[Any] = []
        async for event in stream.noack().events():
            batch.append(event)
            if len(batch) < batch_size and not stream.channel.empty():
                continue
            await _until_done(work, [_record(each) for each in batch])
            for each in batch:
                each.ack()
            batch.clear()

    topic = app.topic(channel.public.name, value_type=bytes, key_type=bytes)
    app.agent(topic, name=channel.public.name, isolated_partitions=True)(consume)


def _record(event: Any) -> Record:
    message = event.message
    return Record(message.topic, message.partition, message.offset, event.value)


async def _until_done(work: Work, records: Sequence[Record]) -> None:
    while True:
        try:
            await asyncio.to_thread(work, records)
        except UnavailableError as error:
            log.warning("batch will be tried again", events=len(records), reason=str(error))
            await asyncio.sleep(_RETRY_SECONDS)
        else:
            return
