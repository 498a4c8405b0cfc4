"""Work for the pool of a batch; it stands alone so that other processes load nothing else."""

import os


def square(number: int) -> int:
    """Return the square; 3 kills its process, as running out of memory would."""
    if number == 3:
        os._exit(9)
    return number * number
