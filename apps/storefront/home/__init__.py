"""The shop's first page."""
