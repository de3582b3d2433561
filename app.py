"""The page and the API: `python app.py`, with the options of `mujaz demo`."""

import sys

from cli import main

if __name__ == "__main__":
    sys.argv.insert(1, "demo")
    main()
