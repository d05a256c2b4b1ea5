"""The Faust application: it reads the public topics in batches."""

import asyncio
import gc
import os
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from uuid import UUID

import faust
import structlog
from faust.web import Request, Response, View

from streams.contracts import CHANNELS, INTERACTIONS, Channel
from streams.contracts.dead_letter import MAX_LETTER_BYTES
from streams.database import Database
from streams.errors import UnavailableError
from streams.features.online import OnlineStore
from streams.processor.batches import WAITING_RUNS, Work, work_off
from streams.processor.consumer import RunTransport
from streams.processor.health import Health
from streams.processor.processing import AT_ONCE, Processing
from streams.processor.reconciler import Reconciler
from streams.processor.trending import TrendingLists
from streams.publisher import Publisher
from streams.settings import PROCESSOR_GROUP, ProcessorSettings

log = structlog.get_logger()

_SWEEP_SECONDS = 1.0
_EXPIRY_SECONDS = 60.0
_OBSERVATION_SECONDS = 10.0
_TRENDING_SECONDS = 10.0
_RECONCILIATION_SECONDS = 10.0
_COLLECTION_SECONDS = 60.0
_CONNECTIONS = 10
_CONNECTION_TIMEOUT_SECONDS = 30.0

Repeated = Callable[[], int]


def create_app(settings: ProcessorSettings, topic_ids: Mapping[str, UUID]) -> faust.App:
    """The application, with one agent per channel and timers for all that no event starts.

    Args:
        settings: what it connects to.
        topic_ids: Kafka's ids of the public topics, by name.
    """
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
        # A batch that is being filled holds events that are not acknowledged. When partitions move,
        # Faust would wait for these, and they for more events, which it holds back: for ever.
        # Nobody needs to wait: the progress says what is done, whoever has the partition.
        stream_wait_empty=False,
        # So many runs as may wait and one that is taken are a batch.
        broker_max_poll_records=max(1, settings.batch_size // (WAITING_RUNS + 1)),
        stream_buffer_maxsize=WAITING_RUNS,
    )
    database = Database(
        settings.database_url, connections=_CONNECTIONS, timeout=_CONNECTION_TIMEOUT_SECONDS
    )
    online_store = OnlineStore(settings)
    processing = Processing(
        settings,
        topic_ids,
        Publisher(settings, client_id=PROCESSOR_GROUP, max_record_bytes=MAX_LETTER_BYTES),
        database,
        online_store,
    )
    trending = TrendingLists(database, online_store)
    app.transport = RunTransport(app.conf.broker_consumer, app, processing.next_offsets)
    for channel in CHANNELS:
        _read(app, channel, partial(processing.process, channel), settings)
    _repeat(app, _SWEEP_SECONDS, processing.judge_ended_sessions, AT_ONCE)
    _repeat(app, _EXPIRY_SECONDS, processing.forget_old_sessions, AT_ONCE)
    _repeat(app, _EXPIRY_SECONDS, processing.forget_old_activity, AT_ONCE)
    _repeat_in_one_worker(app, _TRENDING_SECONDS, trending.publish, trending.hand_over)
    reconciler = Reconciler(settings, database)
    _repeat_in_one_worker(app, _RECONCILIATION_SECONDS, reconciler.reconcile, reconciler.hand_over)
    _collect_cycles(app)
    _serve_health(app, Health(settings, topic_ids, database))
    return app


def _read(app: faust.App, channel: Channel, work: Work, settings: ProcessorSettings) -> None:
    """Register an agent that processes a channel's public topic.

    Events are acknowledged by hand once the work is done; Faust's own `take` would also
    acknowledge them when the work fails.
    """

    async def consume(stream: Any) -> None:
        try:
            await work_off(
                stream.noack().events(), work, settings.batch_size, settings.batch_linger
            )
        except Exception:
            # Faust would start the agent again behind this batch and commit past it. Whoever starts
            # the process again starts it at the last batch that happened.
            log.critical("a batch fails for an unknown reason: the worker ends", exc_info=True)
            os._exit(1)

    topic = app.topic(channel.public.name, value_type=bytes, key_type=bytes)
    app.agent(topic, name=channel.public.name)(consume)


def _repeat(app: faust.App, seconds: float, work: Repeated, full: int) -> None:
    """Do the work regularly, and at once again as long as there is as much as it can do at once."""

    async def repeat() -> None:
        try:
            while await asyncio.to_thread(work) == full:
                pass
        except UnavailableError as error:
            log.warning("work will be tried again", work=work.__name__, reason=str(error))

    app.timer(seconds, name=work.__name__)(repeat)


def _repeat_in_one_worker(
    app: faust.App, seconds: float, work: Callable[[], object], hand_over: Callable[[], None]
) -> None:
    """Do the work regularly in one worker: the one that has the first partition."""

    async def repeat() -> None:
        if (INTERACTIONS.public.name, 0) not in _assignment(app):
            hand_over()
            return
        try:
            await asyncio.to_thread(work)
        except UnavailableError as error:
            log.warning("work will be tried again", work=work.__qualname__, reason=str(error))

    app.timer(seconds, name=work.__qualname__)(repeat)


def _collect_cycles(app: faust.App) -> None:
    """Free what refers to itself, for a worker makes too few objects to do so by their number."""

    @app.timer(_COLLECTION_SECONDS)  # type: ignore[untyped-decorator]
    async def collect() -> None:
        gc.collect()


def _serve_health(app: faust.App, health: Health) -> None:
    """Answer /health/live and /health/ready."""

    @app.timer(_OBSERVATION_SECONDS)  # type: ignore[untyped-decorator]
    async def observe() -> None:
        await asyncio.to_thread(health.observe, _assignment(app))

    @app.page("/health/live")
    async def live(view: View, _request: Request) -> Response:
        status = "alive" if health.is_alive else "offsets stand still"
        return view.json({"status": status}, status=200 if health.is_alive else 503)

    @app.page("/health/ready")
    async def ready(view: View, _request: Request) -> Response:
        partitions = len(_assignment(app))
        status = ("ready" if partitions else "waiting") if health.is_alive else "standing still"
        return view.json(
            {"status": status, "partitions": partitions}, status=200 if status == "ready" else 503
        )


def _assignment(app: faust.App) -> set[tuple[str, int]]:
    """The topics and numbers of this worker's partitions."""
    assigned = app.consumer.assignment() if app.consumer else ()
    return {(each.topic, each.partition) for each in assigned}
