"""The command line itself: what `up`, `status` and `down` promise."""

import os
import shutil
import signal
import socket
import subprocess
import threading
import time

import pytest
import requests

from harness import ROOT, until


def pids(cluster):
    return {name: part["pid"] for name, part in cluster.parts().items()}


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0] not in ("Z", "X")
    except OSError:
        return False


def test_status_has_the_shape_that_tools_rely_on(cluster):
    status = cluster.status()
    assert status["url"] == cluster.url
    parts = {part["name"]: part for part in status["parts"]}
    assert set(parts) == {"postgres", "redis", "nginx", "node-1", "node-2", "node-3"}
    for name, part in parts.items():
        assert part["state"] == "running"
        assert part["kind"] == ("node" if name.startswith("node-") else name)
        assert isinstance(part["pid"], int) and alive(part["pid"])
        assert ("httpPort" in part) == (part["kind"] == "node")
    for number in (1, 2, 3):
        node = parts[f"node-{number}"]
        assert node["address"] == f"127.0.0.1:{node['httpPort']}"
        assert requests.get(f"http://{node['address']}/health/live", timeout=5).status_code == 200


def test_pids_are_those_of_the_serving_processes(cluster):
    commands = {}
    for name, pid in pids(cluster).items():
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            commands[name] = file.read().replace(b"\0", b" ").decode("utf-8", "replace")
    assert "postgres" in commands["postgres"]
    assert "redis-server" in commands["redis"]
    assert "nginx: master" in commands["nginx"]
    assert "lastmile-node" in commands["node-1"]


def test_a_second_up_changes_nothing(cluster):
    before = pids(cluster)
    cluster.up()
    assert pids(cluster) == before


@pytest.mark.parametrize("name", ["node-2", "redis", "nginx", "postgres"])
def test_a_part_that_dies_is_started_again_under_its_name(cluster, name):
    before = cluster.part(name)
    cluster.kill(name)
    cluster.restarted(name, before["pid"])
    after = cluster.part(name)
    assert after["address"] == before["address"]
    assert after.get("httpPort") == before.get("httpPort")
    cluster.healthy()


def test_the_door_answers_from_the_same_port_after_its_master_was_killed(cluster):
    cluster.restarted("nginx", cluster.kill("nginx"))
    assert "<title>Lastmile</title>" in requests.get(cluster.url, timeout=5).text


def test_a_supervisor_that_was_killed_is_followed_by_one_that_takes_the_parts_over(cluster):
    before = pids(cluster)
    os.kill(cluster.supervisor(), signal.SIGKILL)
    assert pids(cluster) == before
    cluster.up()
    assert pids(cluster) == before
    cluster.restarted("node-1", cluster.kill("node-1"))


def test_rollout_replaces_every_node_and_the_door_answers_all_the_while(cluster):
    before = pids(cluster)
    answers, over = [], threading.Event()

    def ask():
        while not over.is_set():
            try:
                answers.append(requests.get(f"{cluster.url}/health/live", timeout=10).status_code)
            except requests.RequestException as problem:
                answers.append(str(problem))
            time.sleep(0.02)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        cluster.command("rollout")
    finally:
        over.set()
        asking.join()
    after = pids(cluster)
    assert answers and set(answers) == {200}
    for name, pid in after.items():
        assert (pid != before[name]) == name.startswith("node-"), name


def test_another_number_of_nodes_leaves_the_others_running(make_cluster):
    cluster = make_cluster(nodes=2)
    cluster.up()
    before = pids(cluster)
    cluster.nodes = 3
    cluster.up()
    after = pids(cluster)
    assert set(after) == set(before) | {"node-3"}
    assert {name: after[name] for name in before} == before
    cluster.nodes = 1
    cluster.up()
    assert set(pids(cluster)) == {"postgres", "redis", "nginx", "node-1"}
    assert pids(cluster)["node-1"] == before["node-1"]
    assert requests.get(f"{cluster.url}/health/live", timeout=5).status_code == 200


def test_another_setting_restarts_the_nodes_and_nothing_else(make_cluster):
    cluster = make_cluster(nodes=1)
    cluster.up()
    before = pids(cluster)
    cluster.up(MATCHING_ATTEMPTS=5)
    after = pids(cluster)
    assert {name for name in after if after[name] != before[name]} == {"node-1"}


def test_a_senseless_setting_is_named_in_one_line_and_leaves_the_cluster_as_it_was(make_cluster):
    cluster = make_cluster(nodes=1)
    cluster.up()
    refused = cluster.command("up", "--detach", check=False, settings={"MATCHING_ATTEMPTS": "senseless"})
    assert refused.returncode != 0
    assert "MATCHING_ATTEMPTS" in refused.stderr and len(refused.stderr.strip().splitlines()) == 1
    refused = cluster.command("up", "--detach", check=False, settings={"CORS_ORIGINS": "https://a.example,b.example"})
    assert refused.returncode != 0 and "b.example" in refused.stderr
    assert "CORS_ORIGINS" in refused.stderr and len(refused.stderr.strip().splitlines()) == 1
    cluster.healthy()


def test_a_senseless_setting_stops_the_first_start(make_cluster):
    cluster = make_cluster(nodes=1)
    refused = cluster.command(
        "up", "--detach", "--port", str(cluster.port), check=False, settings={"MATCHING_ATTEMPTS": "senseless"})
    assert refused.returncode != 0
    assert "MATCHING_ATTEMPTS" in refused.stderr and len(refused.stderr.strip().splitlines()) == 1
    assert cluster.status()["parts"] == []


def test_down_keeps_the_data_and_fresh_drops_it(make_cluster):
    cluster = make_cluster(nodes=1)
    cluster.up()
    secret = (cluster.home / "jwt-secret").read_text(encoding="ascii")
    cluster.psql("CREATE TABLE kept (n int)")
    before = pids(cluster)
    cluster.down()
    assert not any(alive(pid) for pid in before.values())
    assert cluster.status() == {"url": None, "parts": []}
    cluster.down()
    cluster.up()
    assert cluster.psql("SELECT to_regclass('kept') IS NOT NULL") == [(True,)]
    assert cluster.redis("SET", "kept", "1") == "+OK\r\n"
    cluster.up("--fresh")
    assert cluster.psql("SELECT to_regclass('kept') IS NOT NULL") == [(False,)]
    assert cluster.redis("EXISTS", "kept") == ":0\r\n"
    assert (cluster.home / "jwt-secret").read_text(encoding="ascii") == secret


def test_down_ends_what_a_killed_supervisor_left(make_cluster):
    cluster = make_cluster(nodes=1)
    cluster.up()
    before = pids(cluster)
    os.kill(cluster.supervisor(), signal.SIGKILL)
    cluster.down()
    assert not any(alive(pid) for pid in before.values())


def test_detach_leaves_no_descriptor_of_the_caller_open(make_cluster):
    cluster = make_cluster(nodes=1)
    reading, writing = os.pipe()
    try:
        # Captured output would not end either, were a part to hold on to it.
        cluster.command("up", "--detach", "--nodes", "1", "--port", str(cluster.port), pass_fds=(writing,))
    finally:
        os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        assert pipe.read() == b""
    cluster.healthy()


def test_ctrl_c_stops_everything_and_keeps_the_data(make_cluster):
    cluster = make_cluster(nodes=1)
    process = subprocess.Popen(
        [str(ROOT / "lastmile"), "up", "--nodes", "1", "--port", str(cluster.port)], env=cluster.environment(),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
        # A shell that runs the tests in the background has them, and all that they start, ignore it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    try:
        for row in process.stdout:
            if "Ctrl-C" in row:
                break
        before = pids(cluster)
        assert len(before) == 4 and all(alive(pid) for pid in before.values())
        os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=60)
    finally:
        process.kill()
    assert not any(alive(pid) for pid in before.values())
    assert list((cluster.home / "postgres").glob("data-*"))


def test_everything_ends_when_the_foreground_is_killed(make_cluster):
    cluster = make_cluster(nodes=1)
    with subprocess.Popen(
            [str(ROOT / "lastmile"), "up", "--nodes", "1", "--port", str(cluster.port)], env=cluster.environment(),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        for row in process.stdout:
            if "Ctrl-C" in row:
                break
        before = pids(cluster)
        process.kill()
    until(lambda: not any(alive(pid) for pid in before.values()), "all parts are gone")


def test_two_clusters_run_side_by_side(cluster, make_cluster):
    other = make_cluster(nodes=1)
    other.up()
    assert not set(pids(other).values()) & set(pids(cluster).values())
    assert requests.get(f"{other.url}/health/live", timeout=5).status_code == 200
    assert requests.get(f"{cluster.url}/health/live", timeout=5).status_code == 200


def test_a_taken_port_is_one_clear_line(make_cluster):
    cluster = make_cluster(nodes=1)
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen(1)
        port = holder.getsockname()[1]
        refused = cluster.command("up", "--detach", "--port", str(port), check=False)
    assert refused.returncode != 0
    assert str(port) in refused.stderr and "--port" in refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1


def test_an_unwritable_folder_is_one_clear_line(make_cluster, tmp_path):
    cluster = make_cluster(nodes=1)
    (tmp_path / "file").write_text("", encoding="ascii")
    shutil.rmtree(cluster.home)
    cluster.home = tmp_path / "file" / "cluster"
    refused = cluster.command("up", "--detach", check=False)
    assert refused.returncode == 1
    assert str(cluster.home) in refused.stderr and len(refused.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("arguments", [["nonsense"], ["up", "--nodes", "0"], ["up", "--port", "70000"], ["status", "x"]])
def test_a_mistyped_command_is_refused_with_a_word_on_help(cluster, arguments):
    refused = cluster.command(*arguments, check=False)
    assert refused.returncode == 2
    assert "help" in refused.stderr and len(refused.stderr.strip().splitlines()) == 1
