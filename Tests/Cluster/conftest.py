"""Fixtures of the cluster tests. A cluster costs seconds, so tests that leave it as they found it share one."""

import contextlib
import os
from pathlib import Path

import pytest

from harness import ROOT, Cluster
from scene import Scene

#: Where the logs of clusters go whose tests failed.
KEPT = Path(os.environ.get("LASTMILE_TEST_LOGS", ROOT / ".lastmile" / "test" / "logs"))
#: The origin whose pages may use the shared cluster.
PAGE = "https://app.example"


@pytest.fixture(scope="session")
def shared(request):
    """One cluster of three nodes for the whole session. Parts may be killed: they come back."""
    with running(request, REDIS_PYTHON_CHANNEL="socketio", CORS_ORIGINS=PAGE) as cluster:
        yield cluster


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


@contextlib.contextmanager
def kept_when_failing(request, clusters):
    """Destroys `clusters`, a list that may grow meanwhile, at the end; their logs stay where a test has failed by then."""
    before = request.session.testsfailed
    failed = True
    try:
        yield clusters
        failed = request.session.testsfailed > before
    finally:
        for one in clusters:
            one.destroy(keep_logs=KEPT if failed else None)


@contextlib.contextmanager
def running(request, **settings):
    """A cluster of one's own, with these settings, for as long as the block lasts."""
    with kept_when_failing(request, [Cluster(**settings)]) as (cluster,):
        cluster.up()
        yield cluster


@pytest.fixture
def make_cluster(request):
    """Makes clusters of one's own: `make_cluster(nodes=1, MATCHING_ATTEMPTS=2)`, not yet started."""
    with kept_when_failing(request, []) as made:
        def make(**options):
            made.append(Cluster(**options))
            return made[-1]

        yield make
