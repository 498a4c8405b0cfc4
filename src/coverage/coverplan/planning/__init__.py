"""Which proposal is better, and which sites are best, with proof.

sites       proposed sites, given or read from a workbook
ground      a study made ready for trying sites
ranked      many sites ranked
trial       what each proposed site adds alone, and all of them together
comparison  what a comparison holds
compare     proposals held against the base, and ranked
years       the study year by year
order       which project first
uncertainty  how sure a plan is when speeds vary and vehicles are busy
siting      sites chosen by models with bound and gap, and checked again
"""
