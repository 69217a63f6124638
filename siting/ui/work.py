"""Long work: done in a thread of its own, its progress shown, stopped when asked."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

import streamlit as st

from siting.i18n import Translate
from siting.ui.html import alert
from siting.world import Progress

T = TypeVar("T")
_QUICK_S = 0.4
_LOOK_S = 0.2


class Stopped(Exception):  # noqa: N818 - no error: someone asked for it
    """Tells the work, at its next step, that it was stopped."""


class Work(Generic[T]):
    """Work under way.

    Parameters
    ----------
    job
        Does it; it is given what to tell its steps to.
    """

    def __init__(self, job: Callable[[Progress], T]) -> None:
        self.step, self.share = "", 0.0
        self._job = job
        self._result: list[T] = []
        self._error: Exception | None = None
        self._stop, self._done = threading.Event(), threading.Event()
        threading.Thread(target=self._run, name="work", daemon=True).start()

    def _run(self) -> None:
        try:
            self._result.append(self._job(self._told))
        except Exception as error:  # noqa: BLE001 - raised again by who waits
            self._error = error
        finally:
            self._done.set()

    def _told(self, step: str, share: float) -> None:
        if self._stop.is_set():
            raise Stopped
        self.step, self.share = step, share

    def stop(self) -> None:
        """Stop at the next step."""
        self._stop.set()

    def done(self, within_s: float) -> bool:
        """Tell whether it is done.

        Parameters
        ----------
        within_s
            Seconds to wait for it at most.

        Returns
        -------
        bool
            Whether it is.
        """
        return self._done.wait(within_s)

    def result(self) -> T:
        """Return what was worked out, once it is done.

        Returns
        -------
        T
            The result.

        Raises
        ------
        Exception
            What the work raised; :class:`Stopped` where it was stopped.
        """
        self._done.wait()
        if self._error is not None:
            raise self._error
        return self._result[0]


def watched(
    job: Callable[[Progress], T], *, title: str, translate: Translate, key: str
) -> T | None:
    """Do long work, showing its progress and a button that stops it.

    What is done at once shows nothing.

    Parameters
    ----------
    job
        The work; it is given what to tell its steps to.
    title
        What it is.
    translate
        The language.
    key
        What tells this work apart.

    Returns
    -------
    T or None
        The result; ``None`` while it stays stopped: a button takes it up again.
    """
    _, stopped = translate, f"stopped-{key}"
    if st.session_state.get(stopped):

        def again() -> None:
            st.session_state[stopped] = False

        st.html(alert(_("{title}: stopped.").format(title=title), style="sg-info"))
        st.button(_("Start again"), key=f"again-{key}", on_click=again, icon=":material/replay:")
        return None
    work = Work(job)

    def button() -> None:
        st.button(_("Stop"), key=f"stop-{key}", on_click=stop, icon=":material/stop_circle:")

    def stop() -> None:
        st.session_state[stopped] = True
        work.stop()

    return _waited(work, title, _, button)


def _waited(work: Work[T], title: str, _: Translate, button: Callable[[], None]) -> T:
    if work.done(_QUICK_S):
        return work.result()
    place = st.empty()
    with place.container():
        bar = st.progress(0.0, text=f"{title}…")
        button()
    while not work.done(_LOOK_S):
        # A call of Streamlit: this is where a click that stops the work is heard.
        step = _(work.step) if work.step else title
        bar.progress(work.share, text=f"{step}…")
    place.empty()
    return work.result()
