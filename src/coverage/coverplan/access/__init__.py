"""What travel times mean for people. Each file uses only those named before it.

coverage    who is within a limit, and how long it takes them, by area and in all
ratios      how many there are, or must be, per so many people
equity      how unequal a measure is over people
"""
