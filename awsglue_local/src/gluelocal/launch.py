"""Runs one script as Glue would: its arguments, its modules, its Spark configuration."""

from __future__ import annotations

import os
import runpy
import signal
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gluelocal import arguments, faststart, hooks, jars, jvm, logs, sparkconf
from gluelocal.control import Bounds, StreamControl, activate
from gluelocal.drain import watch_sources
from gluelocal.errors import GlueLocalError
from gluelocal.files import fetch
from gluelocal.java import find_java
from gluelocal.summary import summary


@dataclass(frozen=True)
class Run:
    """What `gluelocal run` was asked for."""

    script: str
    arguments: Sequence[str] = ()
    bounds: Bounds = field(default_factory=Bounds)
    extra_py_files: Sequence[str] = ()
    conf: Mapping[str, str] = field(default_factory=dict)
    jars_dir: Path | None = None
    cores: int = 2
    shuffle_partitions: int = 2
    log_file: Path | None = None
    log_level: str = "WARN"
    verbose: bool = False


def run(request: Run) -> int:
    """Run the script in this process; the exit code: 0, or 1 when it failed.

    A failure ends in one line on standard error, which names the log file with the traces.
    """
    with tempfile.TemporaryDirectory(prefix="gluelocal-") as folder:
        try:
            special = arguments.special_parameters(request.arguments)
            name = special.job_name or Path(request.script).stem
            log_file = _log_file(request, name)
            script = _prepare(request, special, Path(folder), log_file)
        except GlueLocalError as error:
            print(f"gluelocal: {error}", file=sys.stderr)
            return 1
        control = StreamControl(request.bounds)
        activate(control)
        hooks.install(control)
        try:
            code = _run_script(script, name, control, log_file, verbose=request.verbose)
        finally:
            control.close()
            jvm.shut_down()
    if control.stop_reason:
        print(f"gluelocal: {name}: {control.stop_reason}", file=sys.stderr)
    return code


def _log_file(request: Run, name: str) -> Path:
    if request.log_file is not None:
        return request.log_file.absolute()
    folder = Path(tempfile.gettempdir()) / f"gluelocal-logs-{os.getuid()}"
    folder.mkdir(exist_ok=True, mode=0o700)
    return folder / f"{name.replace(os.sep, '_')}-{os.getpid()}.log"


def _prepare(
    request: Run, special: arguments.SpecialParameters, folder: Path, log_file: Path
) -> Path:
    """Set the process up for the script; its local path."""
    find_java()
    script = fetch(request.script, folder)
    modules = [fetch(place, folder) for place in (*request.extra_py_files, *special.extra_py_files)]
    for place in special.extra_files:
        fetch(place, folder)
    class_path = _jars(request, special, folder)
    settings = {
        **sparkconf.defaults(
            os.environ,
            cores=request.cores,
            shuffle_partitions=request.shuffle_partitions,
            folder=folder,
        ),
        "spark.app.name": special.job_name or script.stem,
        **special.conf,
        **request.conf,
    }
    settings = sparkconf.with_class_path(settings, class_path)
    conf_dir = sparkconf.write_conf_dir(folder, settings, log_file, request.log_level)
    _set_environment(conf_dir, special, settings.get("spark.local.dir") or str(folder))
    watch_sources(folder / "streams")
    _set_import_path(script, modules, folder)
    sys.argv = [str(script), *arguments.complete(request.arguments, request.script)]
    logs.configure(log_file)
    jvm.prepare(log_file, conf_dir, settings, faststart.load(request.jars_dir))
    return script


def _jars(request: Run, special: arguments.SpecialParameters, folder: Path) -> list[Path]:
    found = sorted(request.jars_dir.glob("*.jar")) if request.jars_dir else []
    formats = jars.of_formats(request.jars_dir, special.datalake_formats)
    return [*found, *formats, *(fetch(place, folder) for place in special.extra_jars)]


def _set_environment(conf_dir: Path, special: arguments.SpecialParameters, scratch: str) -> None:
    os.environ |= {
        # The run's own folder, so that what Spark and the sources leave goes with it.
        "SPARK_LOCAL_DIRS": os.environ.get("SPARK_LOCAL_DIRS") or scratch,
        "SPARK_CONF_DIR": str(conf_dir),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_DRIVER_PYTHON": sys.executable,
        "PYTHONUNBUFFERED": "1",
        "TZ": "UTC",
        **special.driver_variables,
    }
    os.environ.pop("PYSPARK_GATEWAY_PORT", None)


def _set_import_path(script: Path, modules: Sequence[Path], folder: Path) -> None:
    """Give the script, and through PYTHONPATH Spark's Python workers, the job's modules."""
    entries: list[str] = []
    for module in modules:
        # A plain module is imported from its folder, a zip or a package folder is itself one.
        entries.append(str(module.parent if module.suffix == ".py" else module))
    own = [str(Path(__file__).resolve().parents[1]), str(script.parent), str(folder)]
    given = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    path = list(dict.fromkeys([*entries, *own[1:], own[0], *filter(None, given)]))
    sys.path[:0] = [entry for entry in path if entry not in sys.path]
    os.environ["PYTHONPATH"] = os.pathsep.join(path)


def _run_script(
    script: Path, name: str, control: StreamControl, log_file: Path, *, verbose: bool
) -> int:
    control.take_signals()
    try:
        runpy.run_path(str(script), run_name="__main__")
    except SystemExit as end:
        return _exit_code(end)
    except KeyboardInterrupt:  # Spark's own handler, before a stream had started
        return 128 + signal.SIGINT
    except BaseException as error:  # noqa: BLE001 - whatever a script raises ends the run
        _write_trace(log_file, verbose=verbose)
        cause = control.last_batch_error or error
        line = summary(cause)
        print(f"gluelocal: {name} failed: {line} (trace: {log_file})", file=sys.stderr)
        return 1
    if control.failure is not None:
        print(f"gluelocal: {name}: {summary(control.failure)}", file=sys.stderr)
        return 1
    return 0


def _exit_code(end: SystemExit) -> int:
    if end.code is None or isinstance(end.code, int):
        return end.code or 0
    print(end.code, file=sys.stderr)
    return 1


def _write_trace(log_file: Path, *, verbose: bool) -> None:
    trace = traceback.format_exc()
    with log_file.open("a", encoding="utf-8") as log:
        log.write(trace)
    if verbose:
        print(trace, file=sys.stderr)
