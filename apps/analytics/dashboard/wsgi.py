"""The application for gunicorn, from the environment's settings."""

from apps.analytics.dashboard.app import create_app
from apps.analytics.dashboard.settings import DashboardSettings

app = create_app(DashboardSettings())
