"""The commands of `mujaz`, a module for each kind of work; `cli.py` puts them together."""
