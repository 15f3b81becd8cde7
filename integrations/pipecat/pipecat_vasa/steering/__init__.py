"""What changes a face: settings, messages, tags, tools, mood."""
