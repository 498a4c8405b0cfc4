"""Many studies held against their rule packs, two processes at a time, and one table at the end.

pool     processes that work through a list, and what happens when one of them dies
record   one study: what it was made from, its rows, or why it could not be checked
table    all records as one table
run      the whole batch, begun or taken up again
"""
