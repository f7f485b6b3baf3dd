"""Pictures that look the same are of one patient, whatever the table says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ml.train.leakage import NEAR
from ml.train.pictures import Pictures
from ml.train.study_recipe import Division


def lookalikes_joined(pictures: Pictures) -> tuple[Pictures, int]:
    """The same pictures with groups joined that share a file or a near-duplicate; how many groups went.

    "The same" is what the leakage check calls the same, and the joining goes on from pair to pair: after it
    no division by group can leave a pair on two sides. Chance likenesses are joined too: folds are less even
    and intervals wider for it, but no figure is flattered.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    names, owners = np.unique(np.array(pictures.groups), return_inverse=True)
    pairs = np.concatenate([np.empty((0, 2), dtype=np.intp), *_pairs(pictures)])
    ends = owners[pairs]
    links = coo_matrix((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), (len(names), len(names)))
    count, component = connected_components(links, directed=False)
    first = np.unique(component, return_index=True)[1]
    called = [str(names[first[component[owner]]]) for owner in owners]
    rows = tuple(replace(row, group=name) for row, name in zip(pictures.rows, called, strict=True))
    return replace(pictures, rows=rows), len(names) - int(count)


def joined_where_wished(pictures: Pictures, division: Division) -> tuple[Pictures, tuple[str, ...]]:
    """Groups that share a picture made one, where the division asks for it, and a sentence about it."""
    if division.duplicates != "join":
        return pictures, ()
    made, gone = lookalikes_joined(pictures)
    before = len(set(pictures.groups))
    return made, (f"Pictures that look the same stay together: {before:,} groups became {before - gone:,}.",)


def _pairs(pictures: Pictures) -> Iterator[NDArray[np.intp]]:
    """(n, 2) row numbers of pictures that are the same, a block of rows at a time."""
    for start in range(0, len(pictures), 512):
        likeness = pictures.thumbs[start : start + 512] @ pictures.thumbs.T
        one, other = np.nonzero(likeness >= NEAR)
        yield np.stack([one + start, other], axis=1)
    first: dict[str, int] = {}
    same = [(first.setdefault(sha256, n), n) for n, sha256 in enumerate(pictures.sha256)]
    yield np.array(same, dtype=np.intp).reshape(-1, 2)
