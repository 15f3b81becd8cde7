"""Training and measuring of the speech-to-mouth network."""
