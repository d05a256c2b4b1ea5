"""The stack that a command works on."""

from typing import TYPE_CHECKING

from apps.local.settings import LocalSettings
from ml.settings import MlSettings
from streams.errors import ConfigurationError

if TYPE_CHECKING:
    from apps.local.stack import Stack


def running_stack() -> "Stack":
    """The running stack.

    Raises:
        ConfigurationError: if it does not run.
    """
    from apps.local.stack import Stack  # what only a laptop has is imported with it

    stack = Stack(LocalSettings())
    if not stack.is_running:
        raise ConfigurationError("the stack is not running; start it with: recsys up")
    return stack


def ml_settings(stack: "Stack") -> MlSettings:
    """The stack's settings of training and serving."""
    return MlSettings(
        database_url=stack.database_url, models_dir=stack.settings.state_dir / "models"
    )
