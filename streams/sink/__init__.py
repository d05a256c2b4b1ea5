"""The Connect sink: its connectors, generated from the contracts, and Connect's REST API."""
