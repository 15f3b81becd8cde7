"""Learning of the expression basis, its shading and the mouth's inside."""
