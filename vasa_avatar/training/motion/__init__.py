"""Measuring how filmed heads and bodies move."""
