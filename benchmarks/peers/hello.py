"""The smallest command line that click can make."""

import click


@click.command()
@click.version_option("1.0")
def hello() -> None:
    """Say hello."""
    click.echo("hello")


hello()
