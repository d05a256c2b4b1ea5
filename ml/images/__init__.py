"""Encoders of pictures: a picture becomes a unit vector, and alike pictures have alike vectors."""
