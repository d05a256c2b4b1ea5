"""The REST API for other programs, version 1, below /api/v1."""
