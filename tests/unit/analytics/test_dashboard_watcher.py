import threading

import pytest
from structlog.testing import capture_logs

from apps.analytics.dashboard import watcher
from apps.analytics.dashboard.settings import DashboardSettings
from apps.analytics.dashboard.watcher import Watcher


def test_after_a_failure_that_nobody_expected_it_reads_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watcher, "_RETRY_SECONDS", 0.01)
    reads_again = threading.Event()
    attempts: list[Watcher] = []

    def read(self: Watcher) -> None:
        attempts.append(self)
        if len(attempts) == 1:
            self.is_reading = True
            raise RuntimeError("a fault of ours")
        assert not self.is_reading
        reads_again.set()
        self._stopped.wait(10)

    monkeypatch.setattr(Watcher, "_read", read)
    settings = DashboardSettings(
        kafka_bootstrap_servers="127.0.0.1:1",
        analyst_database_url="postgresql://analyst@127.0.0.1:1/recsys",
    )
    with capture_logs() as logs:
        watching = Watcher(settings)
        watching.start()
        assert reads_again.wait(10)
        watching.stop()
    (failure,) = [entry for entry in logs if entry["log_level"] == "error"]
    assert failure["exc_info"]
