"""A filmed face to motion: film, landmarks, a fit of each frame."""
