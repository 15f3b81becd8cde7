"""The studio: a page on which characters are made."""
