"""The layers of a picture to a calibrated mesh."""
