"""The targets of the plans as data, what each one comes out as, and who is left outside.

vocabulary      limits, operators, tables and conditions on columns
point_params    the keys of reach, response, proximity and assignment
count_params    the keys of count, ratio, share and register
unit_params     the keys of existence, siting and trend
params          what a rule pack may say, check by check
forms       the shape of a pack, and how a mistake in it becomes a line, a key and a hint
rules       rules, readings and documents, and how a pack is read
wording     how figures are put into sentences
chosen      which rows a rule counts, and what it would need to know
fields      how far everybody is; each distinct question is put to the network once
findings    what comes out: findings, verdicts, the assessment
checks      one file per check kind
assess      a study held against its packs
summary     every finding by area, and verdicts by system and plan
remedies    what would close a gap
gaps        who is left outside, and what is missing where
equity      who is left outside, group by group
explain     a rule in full: its words, the reading chosen, the others, and what each comes out as
progress    the six-column progress table
"""
