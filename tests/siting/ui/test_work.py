"""Long work: its steps, its end, its stop."""

import threading

import pytest
from streamlit.testing.v1 import AppTest

from siting.ui.work import Stopped, Work


def test_the_result_comes_with_the_steps_told():
    go = threading.Event()

    def job(told):
        told("Measuring", 0.5)
        go.wait(10)
        return 42

    work = Work(job)
    assert not work.done(0.05)
    assert (work.step, work.share) == ("Measuring", 0.5)
    go.set()
    assert work.result() == 42


def test_what_goes_wrong_is_told_to_who_waits():
    def job(told):
        raise ValueError("wrong")

    with pytest.raises(ValueError, match="wrong"):
        Work(job).result()


def test_work_stops_at_its_next_step():
    started, go, after = threading.Event(), threading.Event(), []

    def job(told):
        started.set()
        go.wait(10)
        told("Scoring", 0.5)
        after.append("not reached")

    work = Work(job)
    started.wait(10)
    work.stop()
    go.set()
    with pytest.raises(Stopped):
        work.result()
    assert after == []


def page():
    import streamlit as st  # noqa: PLC0415 - the script of the page

    from siting.ui.work import watched  # noqa: PLC0415

    found = watched(lambda _told: 7, title="Work", translate=str, key="k")
    st.write("nothing" if found is None else f"found {found}")


def test_quick_work_shows_nothing_but_its_result():
    app = AppTest.from_function(page).run()
    assert [one.value for one in app.markdown] == ["found 7"]
    assert not app.button


def test_stopped_work_waits_until_it_is_asked_for_again():
    app = AppTest.from_function(page)
    app.session_state["stopped-k"] = True
    app.run()
    assert [one.value for one in app.markdown] == ["nothing"]
    app.button(key="again-k").click().run()
    assert [one.value for one in app.markdown] == ["found 7"]
    assert not app.exception
