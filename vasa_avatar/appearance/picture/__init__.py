"""Pixels only, no faces: files, canvas, sampling, filters, filling."""
