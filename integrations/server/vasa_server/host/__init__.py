"""The server: one port, connections, limits, pages."""
