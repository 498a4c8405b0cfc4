"""The compiled searches: Dijkstra's algorithm on whole tenths, with buckets, on a network made small first.

The loop of a search stands in `fields`, `sweeps` and `changes`: with rank, without, and with a log. One for all three
would ask at every arc what only one of them wants to know, and the compiler's cache sees changes in one file only.

Nothing in here knows about studies. What compiled functions take and return are named tuples of arrays, the form that
the compiler knows; they are written once, when they are built, unless their docstring says otherwise.

stamp       whether everything is compiled already
jit         how functions are compiled, and whether they can be
rows        arcs as rows of a table: the lightest of parallel ones
pockets     what can be cut out of a network: dead ends and roads without a junction
core        the network that is left, and how what was cut out hangs on it
doors       where points on edges meet the core
hangers     points hung on the core, sorted by where a search gets to them
starts      where searches begin, and what is near by them
fields      the nearest of many, everywhere
sweeps      from each of many: what is within a limit, how many people that is, every pair
changes     the steps of an edit
edits       a field that can be changed and changed back
covers      annealing for sites that cover people
baths       heat baths for the same, where a first cover is all that counts
prices      prices for sites that cover people
medians     exchanges of sites that people go to
warm        compile what is in here
"""
