"""`clickstream crawlers list | run | show`."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.console import Console

_HISTORY = "crawls.jsonl"
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def register(app: typer.Typer) -> None:
    """Add the group of subcommands."""
    crawlers = typer.Typer(
        help="Crawlers: schemas inferred from S3, DynamoDB, Delta and streams.",
        no_args_is_help=True,
    )
    crawlers.command("list")(list_crawlers)
    crawlers.command()(run)
    crawlers.command()(show)
    app.add_typer(crawlers, name="crawlers")


def list_crawlers(as_json: Json = False) -> None:
    """The crawlers that are defined; `aws glue create-crawler` defines one."""
    from localaws.clients import clients_of
    from localaws.crawler.report import crawler_list
    from localaws.state import StateFolder

    glue = clients_of(StateFolder.from_environment())["glue"]
    found = glue.get_crawlers()["Crawlers"]
    if as_json:
        typer.echo(json.dumps(found, default=str))
    else:
        Console().print(crawler_list(found))


def run(
    name: Annotated[str, typer.Argument(help="Name of the crawler.")],
    stream: Annotated[
        list[str] | None,
        typer.Option(help="A Kinesis stream to look at too; a crawler of AWS Glue cannot."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Do what StartCrawler does on AWS: look at the targets, create and update their tables.

    Says what changed: tables, columns and partitions. A second run changes nothing.
    """
    from dataclasses import asdict

    from localaws.clients import clients_of
    from localaws.crawler.crawl import run_crawler
    from localaws.crawler.report import counted, crawl_picture
    from localaws.state import StateFolder

    state = StateFolder.from_environment()
    done = asdict(run_crawler(clients_of(state), name, state.logs / _HISTORY, stream or ()))
    if as_json:
        typer.echo(json.dumps(counted(done)))
    else:
        Console().print(crawl_picture(done))


def show(
    name: Annotated[str, typer.Argument(help="Name of the crawler.")], as_json: Json = False
) -> None:
    """What a crawler is told, and its last run from here."""
    from localaws.clients import clients_of
    from localaws.crawler.crawl import get_crawler, last_crawls
    from localaws.crawler.report import counted, crawl_picture, crawler_list
    from localaws.state import StateFolder

    state = StateFolder.from_environment()
    crawler = get_crawler(clients_of(state)["glue"], name)
    runs = last_crawls(state.logs / _HISTORY, name)
    if as_json:
        last = counted(runs[-1]) if runs else None
        typer.echo(json.dumps({"Crawler": crawler, "LastRun": last}, default=str))
        return
    Console().print(crawler_list([crawler]))
    Console().print(crawl_picture(runs[-1]) if runs else "has not run from here")
