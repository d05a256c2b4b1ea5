"""A home of versions that keeps them in a dictionary."""

from dataclasses import dataclass, field, replace

from ml.registry.registration import Registration
from streams.errors import UnavailableError


@dataclass
class RegistryInMemory:
    """It may refuse after a number of writes."""

    held: dict[str, Registration] = field(default_factory=dict)
    writes: list[Registration] = field(default_factory=list)
    refuses_after: int | None = None

    def versions(self) -> dict[str, Registration]:
        return {
            name: replace(each, uri="") if each.archived else each
            for name, each in self.held.items()
        }

    def write(self, registration: Registration) -> None:
        if self.refuses_after is not None and len(self.writes) >= self.refuses_after:
            raise UnavailableError("it is full")
        self.writes.append(registration)
        self.held[registration.version] = registration
