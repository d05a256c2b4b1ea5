"""The encoder: a process that gives products their vectors when they arrive or change."""
