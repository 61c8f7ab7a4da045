"""`clickstream up`."""

from __future__ import annotations

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.command()(up)


def up(
    window: Annotated[int, typer.Option(min=1, help="Window and micro-batch, seconds.")] = 100,
    allowed_lateness: Annotated[str, typer.Option(help="As the job's option.")] = "10 minutes",
    seed: Annotated[int, typer.Option(min=0, help="Of the shop that the model learns from.")] = 7,
    products: Annotated[int, typer.Option(min=0, help="Products of that shop to load.")] = 0,
) -> None:
    """The whole cloud, until Ctrl-C."""
    from localaws.cloud import Cloud, CloudOptions
    from localaws.display import Display
    from localaws.environment import ACCOUNT, REGION
    from localaws.errors import LocalCloudError
    from localaws.shop import Shop
    from localaws.state import StateFolder

    display = Display()
    items = Shop(seed, products).products() if products else []
    options = CloudOptions(window, allowed_lateness, seed=seed, products=items, run_job=True)
    state = StateFolder.from_environment()
    with Cloud(state, options, display.part) as cloud:
        job = cloud.wait_for_job()
        display.say(
            f"export AWS_ENDPOINT_URL={cloud.endpoint} AWS_DEFAULT_REGION={REGION}"
            f" AWS_ACCESS_KEY_ID={ACCOUNT} AWS_SECRET_ACCESS_KEY=local\nlogs: {state.logs}\n"
            "the cloud is up: `clickstream status` and `clickstream replay FILE` use it;"
            " Ctrl-C ends it"
        )
        try:
            job.wait_for_end()
        except KeyboardInterrupt:
            display.say("stopping: the batch in hand is finished first")
            return
        job.check()
        raise LocalCloudError(f"job {job.definition.name}: ended as {job.state}")
