"""Cameras, rotations, similarities and the numbering of the face mesh; nets and pixels aside."""
