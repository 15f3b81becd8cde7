"""A small baseline that tells our films from filmed people, and how well it does."""
