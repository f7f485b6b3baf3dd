"""One function a command: a request in, steps and parts out, a result back."""
