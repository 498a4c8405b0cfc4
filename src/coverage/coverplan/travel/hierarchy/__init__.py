"""Large matrices: a hierarchy of a network's nodes, on which ways go up a little and come down to everything at once.

The order of the nodes, and which shortcuts it needs, is a matter of who is beside whom only. It is found once for a
network; weights, of times or distances, in either direction, are laid on it in milliseconds.

links       who is beside whom
dissection  cut a network in two by few nodes, again and again
order       the order of all nodes, with several processors
shortcuts   the arcs of a hierarchy
weights     what these arcs weigh
sweeps      every pair, from sixteen sources at a time
prepared    the hierarchies at hand: made once for a network, kept, written and read
warm        compile everything now
"""
