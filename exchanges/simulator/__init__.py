"""A simulated venue: real wire protocols, invented prices."""
