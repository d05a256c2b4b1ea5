"""Settings of the storefront, from environment variables with the prefix RECSYS_."""

from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, Field, SecretStr

from streams.settings import DatabaseSettings, KafkaSettings


class StorefrontSettings(DatabaseSettings, KafkaSettings):
    """Addresses of what the shop depends on, and how it guards its accounts."""

    secret_key: SecretStr = Field(min_length=32)
    """Signs sessions and forms; at least 32 characters, the same in every worker."""
    session_cookie_secure: bool = True
    """Send cookies over HTTPS only; false on a laptop, where the shop answers plain HTTP."""
    trusted_proxies: int = Field(default=0, ge=0)
    """How many reverse proxies are in front of the shop and may say who the client is."""
    sample_shoppers: bool = False
    """Offer to continue as an existing shopper without a password; for demonstrations only."""
    shop_name: str = "Wayside"
    currency_symbol: str = "$"
    region: Annotated[str | None, BeforeValidator(lambda name: name or None)] = None
    """Where the shop sells: products of other regions are not there. None or empty: all are."""
    log_in_limit: str = "10 per minute"
    """Attempts to log in from one address, in the notation of Flask-Limiter; counted per worker."""
    sign_up_limit: str = "20 per hour"
    """Sign-ups from one address."""
    explain_key: SecretStr | None = Field(default=None, min_length=32)
    """Opens the page that explains a shopper's list; None: there is no such page."""
    publish_timeout: timedelta = timedelta(milliseconds=50)
    """How long a page waits for Kafka before its event goes to the outbox."""
    relay_timeout: timedelta = timedelta(seconds=5)
    """How long Kafka may take to acknowledge what the outbox sends."""
    kafka_pause: timedelta = timedelta(seconds=5)
    """How long after a failure events go straight to the outbox."""
    outbox_limit: int = Field(default=100_000, ge=1)
    """Number of waiting events from which on the outbox takes no more views. It always takes what
    goes with a change of the shop's tables."""
    encoder_url: Annotated[str | None, BeforeValidator(lambda url: url or None)] = None
    """Address of the encoder, which gives the texts that are searched for their vectors. None or
    empty: search is by words alone."""
    encoder_budget: timedelta = timedelta(milliseconds=150)
    """How long a search waits for a vector before it goes on by words alone."""
    personal_search: bool = True
    """Whether what a search finds is also ordered by the taste of whoever searches."""
    image_budget: timedelta = timedelta(seconds=2)
    """How long a search with a picture waits for its vector."""
    image_search_limit: str = "30 per minute"
    """Searches with a picture from one address, in the notation of Flask-Limiter; per worker."""
    link_networks: tuple[str, ...] = ()
    """Networks, in CIDR notation, to which the link to a picture may lead although they are not
    public, as JSON. Give none that has anything else than pictures."""
    api_limit: str = "2000 per second"
    """Requests of one key of the API, in the notation of Flask-Limiter; counted per worker."""
    metrics_port: int | None = Field(default=None, ge=1, le=65_535)
    """Port on which one worker alone answers Prometheus; None: metrics are not served."""
    database_connections: int = Field(default=8, ge=1)
    """Maximum number of connections per worker."""
    pooled_database_url: str | None = None
    """The same database behind PgBouncer in transaction mode; None: the shop connects directly."""
