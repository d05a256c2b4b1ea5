"""The model card of a version: what it was made of and how good it is, written for people."""
