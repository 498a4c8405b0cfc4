"""The planner in the browser: a thin server, pure functions behind it, and a static page.

door        whether what serves the planner is installed
renderings  what other rooms complain about, said in Chinese
complaints  what the planner itself refuses, in both languages
world       what every desk stands on: study, roads, rules, and what they ask of single people
counting    people within a limit, counted quickly: the same numbers as the checks
drafts      the study that edits make, made once for each content
answers     problems as the interface tells them
edits       edits as JSON: read, joined with earlier ones, written down again
sayings     edits said in words
figures     the quick view: figures, who is inside, towns, gaps
desks       one user's private working copy, with undo and redo
drag        what a facility would do at the pointer
ground      what the page is told once
state       a desk as the page sees it
verdicts    every rule in full
saved       scenarios in a folder, whole or not at all
uploads     tables of proposed sites that somebody uploads
jobs        long work in a bounded pool, with progress and cancel
suggest     sites suggested, with a bound and other good plans
work        files written, scenarios compared
forms       what comes in and what goes out
guard       who may ask, from where, and how much
docs_page   the interface described on a plain page
planner     what answers the interface
server      what may be asked, and which function answers
run         the planner put up at an address
"""
