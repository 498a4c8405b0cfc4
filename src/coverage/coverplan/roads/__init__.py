"""The road network: how it is read, how fast one travels on it, and where a point meets it."""
