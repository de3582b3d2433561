"""A bundle and text in, results out."""
