"""The reconciliation: every accepted record is a row or a dead letter, or of a person erased.

Lag says how far a consumer claims to be. This reads the records themselves, each once, and looks
for what became of them. A record of the validated topic that has neither is missing if the sink has
committed past it; else it is under way. A record of the public topic that has neither is missing if
the processor has committed past it and its event is not under way on the validated topic.
"""
