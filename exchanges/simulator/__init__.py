"""A venue of our own: real prices are nowhere in it, real wire protocols are."""
