"""The application for gunicorn, from the environment's settings."""

from apps.analytics.dashboard.app import create_app
from apps.analytics.dashboard.settings import DashboardSettings
from apps.analytics.dashboard.watcher import Watcher
from streams.certificates import end_when_renewed

settings = DashboardSettings()
watcher = Watcher(settings)
watcher.start()
end_when_renewed(settings)
app = create_app(watcher)
