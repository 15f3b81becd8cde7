"""The person and the background apart."""
