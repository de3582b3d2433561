"""The service: HTTP API and desk (the Gradio page) over one analyser, in one process."""
