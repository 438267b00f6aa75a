"""Names of code that have more than one meaning in the atlas, each with the reason: the literature itself uses the letter twice."""
HOMONYMS = {}
