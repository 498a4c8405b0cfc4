"""The command `coverplan`, and the only place that prints. It calls the same public functions as a script.

screen      the consoles, progress, the list of problems
wrapping    long lines for a narrow screen, Chinese ones too
tables      what is shown: verdicts, gaps, summaries
contents    what is shown of records: columns, how far they are trusted, what was understood and placed
lists       what is shown of many: tallies, what changed, batches
commands    run, check, summary, gaps, map, columns
records     import, export, template, new, geocode
networks    roads, calibrate
verdicts    explain, diff, batch
pages       what is shown of proposals
proposals   try, compare, timeline, and scenarios read for other commands
documents   workbook, layers, report
siting      site
robust      robust
serve       serve
entry       the way in, errors, exit codes
"""

import sys
from collections.abc import Sequence
from typing import NoReturn


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command and exit.

    Exit codes: 0 fine, 1 input wrong, 2 usage, 3 a rule that must hold is not met (`--strict`), 4 infeasible, 70 a
    fault of ours, 130 stopped by Ctrl-C.

    Parameters
    ----------
    arguments
        What stands behind `coverplan`; the command line when not given.
    """
    try:
        # Imported here, so that Ctrl-C is answered politely from the first moment on.
        from coverplan.cli.entry import start  # noqa: PLC0415 - see above

        code = start(sys.argv[1:] if arguments is None else arguments)
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)
