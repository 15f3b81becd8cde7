"""What goes over the wire: messages, media, controls."""
