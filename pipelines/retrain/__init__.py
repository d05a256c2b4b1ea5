"""Retraining: one Kubeflow pipeline, compiled for a cluster or run on this machine."""
