"""What a picture shows: face, landmarks, head pose, irises, glasses."""
