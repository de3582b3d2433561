"""Measurements to be run by hand: they take time and depend on the machine, so they are no tests."""
