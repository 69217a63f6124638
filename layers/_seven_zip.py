"""Write members of a 7z archive to places of our own; imported only where py7zr is installed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from py7zr import Py7zIO, SevenZipFile, WriterFactory


class Writer(Py7zIO):
    """A file that takes no more than the size its member declares.

    Parameters
    ----------
    place
        The file.
    limit
        Its size in bytes.
    """

    def __init__(self, place: Path, limit: int) -> None:
        self._stream = place.open("wb")
        self._left = limit

    def write(self, s: bytes | bytearray) -> int:
        """Write a block.

        Parameters
        ----------
        s
            The block.

        Returns
        -------
        int
            Its length.

        Raises
        ------
        ValueError
            If the member is larger than it declares.
        """
        self._left -= len(s)
        if self._left < 0:
            raise ValueError("size")
        return self._stream.write(s)

    def read(self, size: int | None = None) -> bytes:
        """Return nothing: only written to.

        Parameters
        ----------
        size
            Not used.

        Returns
        -------
        bytes
            Empty.
        """
        del size
        return b""

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move in the file.

        Parameters
        ----------
        offset, whence
            As :meth:`io.IOBase.seek`.

        Returns
        -------
        int
            The position.
        """
        return self._stream.seek(offset, whence)

    def flush(self) -> None:
        """Write down what is in memory."""
        self._stream.flush()

    def size(self) -> int:
        """Return the number of bytes written.

        Returns
        -------
        int
            The number.
        """
        return self._stream.tell()

    def close(self) -> None:
        """Close the file."""
        self._stream.close()


class Places(WriterFactory):
    """Give each member its file.

    Parameters
    ----------
    places
        Files, by member.
    sizes
        Declared sizes in bytes, by member.
    """

    def __init__(self, places: Mapping[str, Path], sizes: Mapping[str, int]) -> None:
        # The library asks with forward slashes, whatever the archive has.
        self._places = {PurePosixPath(name): place for name, place in places.items()}
        self._sizes = {PurePosixPath(name): sizes[name] for name in places}
        self.writers: list[Writer] = []

    def create(self, filename: str) -> Py7zIO:
        """Return the file of a member.

        Parameters
        ----------
        filename
            The member.

        Returns
        -------
        Py7zIO
            Its file, open.
        """
        name = PurePosixPath(filename)
        writer = Writer(self._places[name], self._sizes[name])
        self.writers.append(writer)
        return writer


def extract(archive: SevenZipFile, places: Mapping[str, Path], sizes: Mapping[str, int]) -> None:
    """Write members, each to its place and nowhere else, none beyond the size it declares.

    Parameters
    ----------
    archive
        The archive.
    places
        Where to write, by member.
    sizes
        Declared sizes in bytes, by member.

    Raises
    ------
    ValueError
        If a member is not of the size that it declares.
    """
    factory = Places(places, sizes)
    try:
        archive.extract(targets=list(places), factory=factory)
    finally:
        for writer in factory.writers:
            writer.close()
    for name, place in places.items():
        if not place.is_file():  # the library makes no writer for an empty member
            place.touch()
        if place.stat().st_size != sizes[name]:
            raise ValueError(name)
