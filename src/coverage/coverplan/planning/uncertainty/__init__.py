"""How sure a plan is: speeds that vary from day to day, vehicles that are out on a call.

variation   how much speeds vary, and seeded draws of it
asked       which rule and which reading is asked about
crews       what a plan has: its facilities, its vehicles, its people
ground      how far everybody is from each facility, in any draw
chance      the probability that each place is covered, and that the rule is met
robust      which of several plans stays good
"""
