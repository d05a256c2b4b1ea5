"""Settings of the dashboard, from environment variables with the prefix RECSYS_."""

from pydantic import Field

from streams.settings import KafkaSettings


class DashboardSettings(KafkaSettings):
    """Which Kafka it reads, where it takes names and prices from, and where it answers."""

    analyst_database_url: str | None = None
    """PostgreSQL for the role analyst; None: products have their ids as names, and no prices."""
    analytics_host: str = "127.0.0.1"
    analytics_port: int = Field(default=8090, ge=1, le=65_535)
