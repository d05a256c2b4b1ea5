"""Probes: liveness and readiness."""
