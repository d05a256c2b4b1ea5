"""The contracts for readers in any language: JSON Schema, AsyncAPI, and what may change in them."""
