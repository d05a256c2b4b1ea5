"""The Feast repository: entities, views, sources, services, and what is read from both stores."""

import streams.features  # noqa: F401 - imports Feast without torch, before anything here does
