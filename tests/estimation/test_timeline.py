from twin3d.estimation.timeline import Reading, ReadingLog, Snapshots


def reading(sensor, time_ns, value=300.0):
    return Reading(sensor, 0, time_ns, value, 0, 0)


def test_readings_of_a_tick_have_one_order_whatever_the_order_of_arrival():
    late, early = reading(0, 20), reading(1, 10)
    log = ReadingLog()

    for entry in (late, early):
        log.add(3, entry)

    assert log.at(3) == [early, late]


def test_second_reading_of_a_sensor_at_one_time_is_refused():
    log = ReadingLog()

    accepted = [log.add(1, reading(0, 5)), log.add(2, reading(0, 5, 301.0)), log.add(2, reading(1, 5))]

    assert accepted == [True, False, True]


def test_forgotten_ticks_are_empty_and_their_times_free():
    log = ReadingLog()
    log.add(1, reading(0, 5))
    log.add(9, reading(0, 45))

    log.forget_before(5)

    assert log.at(1) == []
    assert log.next_tick(0) == 9
    assert log.add(9, reading(0, 5))


def test_going_back_drops_later_states():
    past = Snapshots(stride=5, window_ticks=20)
    for tick in (0, 5, 10, 15):
        past.put(tick, f"state {tick}")

    found = past.back_to(12)

    assert found == (10, "state 10")
    assert past.is_due(15)
    assert past.back_to(14) == (10, "state 10")


def test_one_state_before_the_window_is_kept_and_no_more():
    past = Snapshots(stride=5, window_ticks=10)
    for tick in range(0, 45, 5):
        past.put(tick, tick)

    assert past.back_to(29) is None
    assert past.back_to(30) == (30, 30)
