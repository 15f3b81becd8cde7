"""Speech and pictures in step with the transport."""
