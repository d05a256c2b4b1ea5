"""Recommended products, and why they are recommended."""
