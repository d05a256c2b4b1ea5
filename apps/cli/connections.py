"""The system that a command works on: the one that the environment names, else the local stack."""

import os
from typing import TYPE_CHECKING

from apps.local.settings import LocalSettings
from ml.settings import MlSettings
from streams.errors import ConfigurationError
from streams.settings import KafkaSettings

if TYPE_CHECKING:
    from apps.filling.fill import FillSettings
    from apps.local.stack import Stack

_DATABASE = "RECSYS_DATABASE_URL"
KAFKA_VARIABLE = "RECSYS_KAFKA_BOOTSTRAP_SERVERS"
_ANALYST = "RECSYS_ANALYST_DATABASE_URL"


def running_stack() -> "Stack":
    """The local stack.

    Raises:
        ConfigurationError: it is not installed, or it is not running.
    """
    try:
        from apps.local.stack import Stack
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"no local stack is installed here: the package {error.name} is missing"
        ) from error
    stack = Stack(LocalSettings())
    if not stack.is_running:
        raise ConfigurationError("the stack is not running; start it with: recsys up")
    return stack


def ml_settings(stack: "Stack") -> MlSettings:
    """The stack's settings of training and serving."""
    return MlSettings(
        database_url=stack.database_url, models_dir=stack.settings.state_dir / "models"
    )


def serving_settings() -> MlSettings:
    """What serves lists: the environment's database and models, else the running stack's.

    Raises:
        ConfigurationError: the environment names none and the stack is not running.
    """
    return MlSettings() if _DATABASE in os.environ else ml_settings(_stack_or_variables(_DATABASE))


def kafka_settings() -> KafkaSettings:
    """The Kafka of the environment, else that of the running stack.

    Raises:
        ConfigurationError: the environment names none and the stack is not running.
    """
    if KAFKA_VARIABLE in os.environ:
        return KafkaSettings()
    stack = _stack_or_variables(KAFKA_VARIABLE)
    from apps.local.kafka import connection

    return connection(stack.settings)


def shop_database_url() -> str:
    """The shop's database: the environment's, else the running stack's.

    Raises:
        ConfigurationError: the environment names none and the stack is not running.
    """
    return os.environ.get(_DATABASE) or _stack_or_variables(_DATABASE).database_url


def analyst_database_url() -> str:
    """The database for the role that may only read: the environment's, else the running stack's.

    Raises:
        ConfigurationError: the environment names none and the stack is not running.
    """
    return os.environ.get(_ANALYST) or _stack_or_variables(_ANALYST).analyst_url


def fill_settings() -> "FillSettings":
    """The database and the Kafka of the environment, else those of the running stack.

    Both come from the same place: events must not go to one system and products to another.

    Raises:
        ConfigurationError: the environment names neither and the stack is not running.
    """
    from apps.filling.fill import FillSettings

    if _DATABASE in os.environ or KAFKA_VARIABLE in os.environ:
        return FillSettings()
    stack = _stack_or_variables(f"{_DATABASE} and {KAFKA_VARIABLE}")
    from apps.local.kafka import connection

    return FillSettings(database_url=stack.database_url, **connection(stack.settings).model_dump())


def _stack_or_variables(variables: str) -> "Stack":
    try:
        return running_stack()
    except ConfigurationError as error:
        raise ConfigurationError(f"{error}; or name another system with {variables}") from error
