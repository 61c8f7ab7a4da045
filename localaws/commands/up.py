"""`clickstream up`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from localaws.ctr.settings import DEFAULT_PROFILE, Profile
from localaws.sessions.settings import SessionMode
from localaws.workloads import ARCHIVE, CTR, PRICE, SESSIONS, JobName

if TYPE_CHECKING:
    from localaws.cloud import CloudOptions


def register(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.command()(up)


def up(
    window: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Window and micro-batch, seconds; without it 100, of other jobs than prices 10.",
        ),
    ] = None,
    allowed_lateness: Annotated[
        str | None,
        typer.Option(
            help="How far an event may be behind the latest one, of click_sessions: its user's;"
            " without it 10 minutes, of ctr_anomalies 10 seconds, in profile lab none."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the shop that the model learns from.")] = 7,
    products: Annotated[int, typer.Option(min=0, help="Products of that shop to load.")] = 0,
    job: Annotated[
        JobName, typer.Option(help="The job to run; the model is served for prices alone.")
    ] = PRICE,
    gap: Annotated[
        str, typer.Option(help="click_sessions: a longer pause ends a session.")
    ] = "30 minutes",
    mode: Annotated[
        SessionMode,
        typer.Option(
            help="click_sessions: rows of starts (lab), of all events (lab_all), of starts and"
            " ends (live), or of sessions that nothing can change any more (closed)."
        ),
    ] = "live",
    history: Annotated[
        str,
        typer.Option(
            help="click_sessions: how much longer than needed a user without events is remembered."
        ),
    ] = "0 seconds",
    profile: Annotated[
        Profile,
        typer.Option(
            help="ctr_anomalies: judge and tell as the lab did (lab), or tell of incidents"
            " (default)."
        ),
    ] = DEFAULT_PROFILE,
    cool_down: Annotated[
        int,
        typer.Option(min=0, help="ctr_anomalies: seconds in which what goes on is not told again."),
    ] = 600,
    horizon: Annotated[
        str,
        typer.Option(
            help="click_archive: an event sent again is found within so much of its time;"
            " one with the same time always."
        ),
    ] = "1 hour",
) -> None:
    """The whole cloud, until Ctrl-C."""
    from localaws.archive import ArchiveSettings
    from localaws.cloud import CloudOptions
    from localaws.ctr.settings import CtrSettings
    from localaws.sessions.settings import SessionSettings
    from localaws.shop import Shop
    from localaws.workloads import LATENESS, JobSettings, window_seconds

    seconds = window or window_seconds(job)
    settings: dict[str, JobSettings] = {
        SESSIONS: SessionSettings(gap, mode, allowed_lateness or LATENESS, history=history),
        CTR: CtrSettings(profile, allowed_lateness, cool_down=cool_down),
        ARCHIVE: ArchiveSettings(horizon),
    }
    options = CloudOptions(
        window_seconds=seconds,
        allowed_lateness=allowed_lateness or LATENESS,
        seed=seed,
        products=Shop(seed, products).products() if products else [],
        run_job=True,
        job=job,
        parameters=settings[job].parameters(seconds) if job in settings else {},
    )
    _keep_up(options)


def _keep_up(options: CloudOptions) -> None:
    from localaws.cloud import Cloud
    from localaws.display import Display
    from localaws.environment import ACCOUNT, REGION
    from localaws.rollout.keeping import keep_job
    from localaws.runs.store import RunStore
    from localaws.state import StateFolder

    display, state = Display(), StateFolder.from_environment()
    with Cloud(state, options, display.part) as cloud:
        cloud.wait_for_job()
        display.say(
            f"export AWS_ENDPOINT_URL={cloud.endpoint} AWS_DEFAULT_REGION={REGION}"
            f" AWS_ACCESS_KEY_ID={ACCOUNT} AWS_SECRET_ACCESS_KEY=local\nlogs: {state.logs}\n"
            f"the cloud is up: {', '.join(_users_of(options.job))} use it; Ctrl-C ends it"
        )
        try:
            keep_job(cloud, RunStore(state.runs), display.say)
        except KeyboardInterrupt:
            display.say("stopping: the batch in hand has 30 seconds to finish")


def _users_of(job: JobName) -> list[str]:
    """Commands that use a cloud with that job."""
    of_job = {
        SESSIONS: ["`clickstream sessions tail`"],
        CTR: ["`clickstream alerts tail`", "`clickstream lab ctr`"],
        ARCHIVE: ["`clickstream sql`"],
    }
    return ["`clickstream status`", "`clickstream replay FILE`", *of_job.get(job, [])]
