#!/usr/bin/env python3
"""Allocations per operation in a release build, held against Benchmarks/Allocations/limits.json."""

import subprocess
import sys

from support.ground import ROOT, program

sys.exit(subprocess.run([program("lastmile-allocations"), str(ROOT / "Benchmarks/Allocations/limits.json")],
                        check=False).returncode)
