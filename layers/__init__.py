"""Geospatial layers: their contracts, their readers, the embedded territory.

This package is the lowest of the product and knows nothing of siting. A reader
takes a local file and returns a validated :class:`layers.spec.Layer`; it never
touches the network.
"""
