"""`modelyard cache`."""

import typer

cache = typer.Typer(help="Look after the files that were pulled.", no_args_is_help=True, rich_markup_mode=None)
