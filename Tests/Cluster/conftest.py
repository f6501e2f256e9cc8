"""Fixtures of the cluster tests. A cluster costs seconds, so tests that leave it as they found it share one."""

import os
from pathlib import Path

import pytest

from harness import ROOT, Cluster
from scene import Scene

#: Where the logs of clusters go whose tests failed.
KEPT = Path(os.environ.get("LASTMILE_TEST_LOGS", ROOT / ".lastmile" / "test" / "logs"))


@pytest.fixture(scope="session")
def shared(request):
    """One cluster of three nodes for the whole session. Parts may be killed: they come back."""
    cluster = Cluster()
    try:
        cluster.up()
        yield cluster
    finally:
        cluster.destroy(keep_logs=KEPT if request.session.testsfailed else None)


@pytest.fixture
def cluster(shared):
    """The shared cluster, healthy at the start of each test."""
    shared.ensure_healthy()
    return shared


@pytest.fixture
def scene(cluster):
    """A neighbourhood of the test's own on the shared cluster."""
    made = Scene(cluster)
    yield made
    made.close()


@pytest.fixture
def make_cluster(request):
    """Makes clusters of one's own: `make_cluster(nodes=1, MATCHING_ATTEMPTS=2)`, not yet started."""
    made = []

    def make(**options):
        made.append(Cluster(**options))
        return made[-1]

    failed = request.session.testsfailed
    yield make
    for one in made:
        one.destroy(keep_logs=KEPT if request.session.testsfailed > failed else None)
