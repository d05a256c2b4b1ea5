"""The dead letter queues: what is in them, and sending it again after a fix."""
