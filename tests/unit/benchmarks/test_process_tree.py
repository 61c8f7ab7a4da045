"""CPU and memory of a process tree, from the text of /proc."""

from __future__ import annotations

import os
import subprocess
import sys

import psutil
import pytest

from benchmarks.process_tree import ProcessTree, Stat, descendants, parse_pss, parse_stat

TICKS = os.sysconf("SC_CLK_TCK")


def test_a_stat_gives_the_parent_and_the_cpu_seconds_of_itself_and_its_ended_children() -> None:
    times = [3 * TICKS, 2 * TICKS, TICKS, 4 * TICKS]  # user, system, children's user and system
    text = f"42 (java) S 7 42 42 0 -1 0 10 0 0 0 {' '.join(map(str, times))} 20 0"
    assert parse_stat(text) == Stat(parent=7, cpu_seconds=10.0)


def test_a_command_with_brackets_and_spaces_does_not_shift_the_fields() -> None:
    text = f"42 (tmux: (a) b) S 9 42 42 0 -1 0 10 0 0 0 {TICKS} 0 0 0 20 0"
    assert parse_stat(text) == Stat(parent=9, cpu_seconds=1.0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("Rss: 900 kB\nPss:      512 kB\nPss_Dirty: 4 kB\n", 512 * 1_024), ("", 0)],
    ids=["mapped", "gone"],
)
def test_memory_is_the_pss_of_a_rollup(text: str, expected: int) -> None:
    assert parse_pss(text) == expected


def test_descendants_are_the_root_and_all_below_it_and_no_others() -> None:
    stats = {pid: Stat(parent, 0.0) for pid, parent in ((2, 1), (3, 2), (4, 3), (5, 1), (6, 9))}
    assert descendants(2, stats) == {2, 3, 4}


def test_a_root_that_is_gone_has_no_descendants() -> None:
    assert descendants(8, {2: Stat(8, 0.0)}) == set()


def test_a_stopped_tree_takes_no_cpu_until_it_runs_again() -> None:
    command = [sys.executable, "-c", "print('on', flush=True)\nwhile True: pass"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            tree = ProcessTree(process.pid)
            tree.stop()
            while psutil.Process(process.pid).status() != psutil.STATUS_STOPPED:
                pass
            before = tree.cpu_seconds()
            assert sum(range(2_000_000)) == 1_999_999_000_000
            assert tree.cpu_seconds() == before
            tree.resume()
            while tree.cpu_seconds() == before:
                pass
        finally:
            process.kill()


def test_a_living_process_has_memory() -> None:
    assert ProcessTree(os.getpid()).memory_bytes() > 1_000_000
