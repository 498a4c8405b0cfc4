"""The targets of the plans as data, what each one comes out as, and who is left outside.

params      what a rule pack may say, check by check
forms       the shape of a pack, and how a mistake in it becomes a line, a key and a hint
rules       rules, readings and documents, and how a pack is read
wording     how figures are put into sentences
fields      how far everybody is; each distinct question is put to the network once
findings    what comes out: findings, verdicts, the assessment
checks      one file per check kind
assess      a study held against its packs, and the summary
gaps        who is left outside, and what is missing where
"""
