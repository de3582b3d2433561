"""The page and the API."""

from pathlib import Path
from typing import Annotated

import typer

from commands.common import Bundle


def demo(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 7860,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    bundle: Bundle = None,
    bundles: Annotated[
        Path | None, typer.Option(help="Bundles to choose among on the page.", metavar="DIR")
    ] = None,
    corrections: Annotated[
        Path | None, typer.Option(help="Take corrections, append them to this JSONL file.", metavar="FILE")
    ] = None,
    auth: Annotated[
        Path | None, typer.Option(help="name:secret lines: logins and API keys.", metavar="FILE")
    ] = None,
    rate: Annotated[int | None, typer.Option(min=1, help="API requests a minute and client.")] = None,
    mcp: Annotated[bool, typer.Option("--mcp", help="Offer the page's functions over MCP.")] = False,
) -> None:
    """Serve the page and the HTTP API on this machine."""
    from serving.server import serve
    from serving.settings import Settings

    serve(
        Settings(
            host=host,
            port=port,
            bundle=bundle,
            bundles=bundles,
            corrections=corrections,
            auth=auth,
            rate=rate,
            mcp=mcp,
        )
    )
