"""One character's session: speech in, timed sound and pictures out."""
