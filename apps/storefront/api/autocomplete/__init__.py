"""Suggestions for the beginning of a query, for other programs."""
