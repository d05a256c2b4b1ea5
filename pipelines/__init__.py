"""Kubeflow pipelines; a component's body only calls into ml."""
