"""The checker finds what it is there to find."""

import pytest

from checker import Checker


class Scene:
    """A room with one stream, and a session that joined before it."""

    def __init__(self):
        self.checker = Checker()
        self.session = self.joined("early")
        self.stream = self.checker.stream("room")

    def joined(self, name):
        session = self.checker.session(name)
        session.joining("room")
        session.joined("room")
        return session

    def publish(self, count):
        for _ in range(count):
            self.stream.ack(self.stream.send())

    def violations(self, *sessions):
        self.checker.finish(sessions or [self.session])
        return dict(self.checker.violations)


@pytest.fixture
def scene():
    return Scene()


@pytest.mark.parametrize("arrivals, found", [
    ([1, 2, 3, 4, 5], {}),
    ([1, 2, 4, 5], {"lost": 1}),
    ([2, 3, 4, 5], {"lost": 1}),
    ([1, 5], {"lost": 3}),
    ([1, 2, 3], {"lost": 2}),
    ([], {"lost": 5}),
    ([1, 2, 2, 3, 4, 5], {"doubled": 1}),
    ([1, 2, 3, 4, 5, 1], {"doubled": 1}),
    ([1, 3, 2, 4, 5], {"out of order": 1}),
    ([5, 1, 2, 3, 4], {"out of order": 4}),
    ([1, 3, 2, 2, 5, 5], {"out of order": 1, "doubled": 2, "lost": 1}),
    ([1, 2, 3, 4, 5, 6], {"stray": 1}),
], ids=str)
def test_each_fault_is_found_for_what_it_is(scene, arrivals, found):
    scene.publish(5)
    for number in arrivals:
        scene.session.take(scene.stream.id, number)
    assert scene.violations() == found


def test_what_was_published_before_a_join_may_be_missing_and_nothing_after(scene):
    scene.publish(3)
    late = scene.joined("late")
    scene.publish(3)
    for number in (3, 4, 6):
        late.take(scene.stream.id, number)
    assert scene.violations(late) == {"lost": 1}


def test_the_first_after_a_join_is_due(scene):
    scene.publish(3)
    late = scene.joined("late")
    scene.publish(2)
    late.take(scene.stream.id, 5)
    assert scene.violations(late) == {"lost": 1}


def test_a_session_that_got_nothing_since_its_join_misses_the_tail(scene):
    scene.publish(3)
    late = scene.joined("late")
    assert late.behind() == []
    scene.publish(2)
    assert scene.violations(late) == {"lost": 2}


def test_holes_before_a_join_is_acknowledged_are_none(scene):
    session = scene.checker.session("joining")
    session.joining("room")
    scene.publish(6)
    for number in (2, 4):
        session.take(scene.stream.id, number)
    session.joined("room")
    assert session.behind() == []
    scene.publish(3)
    session.take(scene.stream.id, 8)
    # 5 and 6 were sent before the acknowledgement, 7 after it.
    assert scene.violations(session) == {"lost": 2}
    assert sorted(text.split()[6][:-1] for text in scene.checker.told if " lost " in text) == ["7", "9"]


def test_doubles_before_a_join_is_acknowledged_are_doubles(scene):
    session = scene.checker.session("joining")
    session.joining("room")
    scene.publish(3)
    for number in (2, 2):
        session.take(scene.stream.id, number)
    assert scene.violations(session) == {"doubled": 1}


def test_an_unacknowledged_tail_is_due_once_somebody_got_it(scene):
    scene.publish(2)
    scene.stream.send()
    other = scene.joined("other")
    for number in (1, 2):
        scene.session.take(scene.stream.id, number)
    assert scene.session.behind() == []
    other.take(scene.stream.id, 3)
    assert scene.violations(scene.session, other) == {"lost": 1}


def test_rooms_that_were_not_joined_and_streams_that_nobody_began_are_strays(scene):
    elsewhere = scene.checker.stream("elsewhere")
    elsewhere.send()
    scene.session.take(elsewhere.id, 1)
    scene.session.take(99, 1)
    assert scene.violations() == {"stray": 2}


@pytest.mark.parametrize("arrivals, found, passed_over", [
    ([1, 2, 3, 4, 5], {}, 0),
    ([2, 5], {}, 3),
    ([], {}, 0),
    ([1, 2, 2], {"doubled": 1}, 0),
    ([1, 3, 2, 1], {"out of order": 1, "doubled": 1}, 0),
    ([6], {"stray": 1}, 0),
], ids=str)
def test_what_another_server_sends_may_be_missing_but_not_come_twice_or_late(scene, arrivals, found, passed_over):
    stream = scene.checker.stream("room", is_foreign=True)
    for _ in range(5):
        stream.send()
    for number in arrivals:
        scene.session.take(stream.id, number)
    assert scene.session.behind() == []
    assert scene.violations() == found and scene.checker.foreign_lost == passed_over


def test_the_summary_says_it(scene):
    scene.publish(3)
    for number in (1, 1, 3):
        scene.session.take(scene.stream.id, number)
    scene.checker.unrecovered["Redis restarted"] += 2
    scene.checker.refusals["unknown"] += 2
    scene.checker.finish([scene.session])
    assert scene.checker.summary() == (
        "3 deliveries of 3 acknowledged messages; 1 sessions, 0 recoveries, unrecovered: 2 Redis restarted (2 unknown); of 0 "
        "messages of others 0 passed over; lost 1, doubled 1, out of order 0, stray 0")
    assert len(scene.checker.told) == 3
