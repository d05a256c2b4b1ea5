"""The stack that a command works on."""

from apps.local.settings import LocalSettings
from apps.local.stack import Stack
from ml.settings import MlSettings
from streams.contracts import ConfigurationError


def running_stack() -> Stack:
    """The running stack.

    Raises:
        ConfigurationError: if it does not run.
    """
    stack = Stack(LocalSettings())
    if not stack.is_running:
        raise ConfigurationError("the stack is not running; start it with: recsys up")
    return stack


def ml_settings(stack: Stack) -> MlSettings:
    """The stack's settings of training and serving."""
    return MlSettings(
        database_url=stack.database_url, models_dir=stack.settings.state_dir / "models"
    )
