"""Offline TTS services."""
