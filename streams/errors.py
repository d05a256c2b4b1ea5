"""The project's tree of exceptions.

RecsysError
├── ContractError        input at an edge breaks its contract
├── ConfigurationError   a setting, port or tool is missing or wrong
├── UnavailableError     Kafka, PostgreSQL, Connect or Feast does not answer
│   └── PublishError     Kafka did not acknowledge an event in time
│       └── RecordRefusedError  Kafka never takes this record: it is too large or invalid
├── RestoredDatabaseError  PostgreSQL holds less than this process has written to it
└── ModelError           a model bundle is missing, damaged or does not fit

`streams.contracts` stands alone, for the consumers of other teams: its one exception,
MalformedEventError, is a ValueError.
"""


class RecsysError(Exception):
    """Root of every exception that this project raises on purpose."""


class ContractError(RecsysError, ValueError):
    """Input at an edge breaks its contract; the message says what and where."""


class ConfigurationError(RecsysError):
    """A setting, a port or a tool is missing or wrong; the message says how to mend it."""


class UnavailableError(RecsysError):
    """A component of the system does not answer."""


class PublishError(UnavailableError):
    """Kafka did not acknowledge an event in time."""


class RecordRefusedError(PublishError):
    """Kafka never takes this record, however often it is sent: it is too large or invalid."""


class RestoredDatabaseError(RecsysError):
    """PostgreSQL holds less than this process has written to it: it was restored from a backup."""


class ModelError(RecsysError):
    """A model bundle is missing, damaged or does not fit what is asked of it."""
