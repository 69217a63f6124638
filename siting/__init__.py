"""Industrial land siting under zero net artificialisation (ZAN).

Four verbs carry the product: measure (:mod:`siting.coverage`,
:mod:`siting.criteria`), score (:mod:`siting.scoring`), account
(:mod:`siting.zan`) and allocate. :func:`siting.pipeline.run` wires them; the
command line, the app and batch scoring all call it.
"""

__version__ = "0.1.0"
