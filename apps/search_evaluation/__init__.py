"""How well the search finds what shoppers mean, by labelled queries made of a catalogue."""
