"""An artist of our own: drawn faces with known points, and the nets that learn from them."""
