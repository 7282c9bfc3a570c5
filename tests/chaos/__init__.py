"""The real-time parts are broken on purpose, by chance and for long, and check themselves."""
