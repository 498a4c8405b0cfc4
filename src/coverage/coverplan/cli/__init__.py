"""The command `coverplan`, and the only place that prints. It calls the same public functions as a script.

screen      the consoles, progress, the list of problems
tables      what is shown: verdicts, gaps, summaries, columns
commands    run, check, summary, gaps, map, columns
"""

from coverplan.cli.commands import main

__all__ = ["main"]
