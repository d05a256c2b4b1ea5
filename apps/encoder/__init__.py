"""The encoder: a process that turns texts into vectors, the catalogue's and those searched for."""
