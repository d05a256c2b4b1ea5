"""Kubeflow pipelines; the body of a component only calls into ml."""
