"""Prints the connectors for the charts: `python -m streams.sink`.

What depends on the place (the database's address, who writes, how many brokers there are) is left
out; the chart fills it in.
"""

import json
import sys

from streams.sink.connectors import sink_connectors

OF_THE_PLACE = (
    "connection.url",
    "connection.username",
    "connection.password",
    "errors.deadletterqueue.topic.replication.factor",
)
"""The keys that the chart adds."""


def connectors_json() -> str:
    """The connectors as a JSON list of names and configurations."""
    connectors = [
        {
            "name": connector.name,
            "config": {
                key: value for key, value in connector.config.items() if key not in OF_THE_PLACE
            },
        }
        for connector in sink_connectors("", "", "", replicas=1)
    ]
    return json.dumps(connectors, indent=2) + "\n"


if __name__ == "__main__":
    sys.stdout.write(connectors_json())
