"""Sites chosen by models, each with objective, bound, gap and time, and checked again by independent code.

rules       which sites may be chosen together: how many, locked, forbidden, at what cost, how far apart, which to keep
problems    what is asked, as arrays: who would be covered, how far everybody would be, how many a site can take
plan        what is answered: sites, objective, bound, gap, seconds, how, who goes where
verify      every plan checked again, slowly and obviously
watch       time limit, progress and Ctrl-C in one place
reduce      demand that is covered alike merged, candidates that another one beats dropped
mip         the door to HiGHS, with SciPy behind it
grain       where every plan is worth a multiple, bounds are cut to one
swaps       which single additions and exchanges the rules allow
coverswap   greedy, exchange and restarts for people covered
coverbound  how much no plan can exceed: a Lagrangian bound for people covered
coverprogram  coverage problems written as programs for a solver
coverall    everybody covered for the lowest cost, and minimums: greedy, and the solver from the start
annealing   long searches for people covered, in compiled code
tempering   heat baths side by side that exchange plans and trade parts of them, in compiled code
regions     part of a plan opened again and solved exactly
pool        many good plans, and which candidates they use
breeding    good plans gathered and put together
covering    LSCP, MCLP, backup coverage and MEXCLP, from the quick plan to the proof
interchange  greedy, fast interchange and restarts for weight x distance
medianbound  what no plan can go below: a Lagrangian bound for weight x distance
median      p-median, from the quick plan to the proof
center      p-center, by bisection over set covers
capacity    sites that can take so many people only
infeasible  why a wish cannot be fulfilled, and what would work
solve       one question, one plan
several     good alternatives that differ, how often each site appears, people against number
form        what a YAML file with a siting problem may say
candidates  where sites may stand: a list, facilities, areas, nodes with spacing
week        the week cut into parts in which the same sites are open
measure     who is reached from where, by the study's roads and clock
result      sites with names, who is newly covered, what else would do
wanted      what would do, where what is asked for is impossible
site        a siting problem put to a study
ready       problems read from a file
"""
