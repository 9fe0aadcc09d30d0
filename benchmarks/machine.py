"""On what the figures were measured: without it they mean nothing."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path


def describe() -> str:
    """One line: processor, memory, system, and the versions of what was measured."""
    git = subprocess.run(["git", "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout.split()[2]
    parts = (
        f"{processors()} × {_processor()}",
        f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 1e9:.0f} GB",
        f"{platform.system()} {platform.release()}",
        f"{platform.python_implementation()} {platform.python_version()}",
        f"Git {git}",
        f"opsbook {version('opsbook')}",
        f"check-jsonschema {version('check-jsonschema')}",
    )
    return ", ".join(parts)


def busy() -> str:
    """Whether something else uses the machine; empty when it is idle."""
    load = os.getloadavg()[0]
    if load < processors() / 2:
        return ""
    return f"The machine was busy (load {load:.1f} on {processors()} processors): compare work, not waiting times."


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
