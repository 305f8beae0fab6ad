"""Scores rows that a tutorial's script has not seen, with the framework it trained with.

Usage: python freshRows.py SCRIPT COUNT [STATEMENT]
Runs the script, which leaves `customers(count, seed)` and `golden(drawn)` behind, and writes fresh-rows.json in the form of golden
rows. STATEMENT changes what was `drawn` before it is scored, such as to a category that the training did not have.
"""

import json
import runpy
import sys

script, count, *statement = sys.argv[1:]
page = runpy.run_path(script)
drawn, _ = page["customers"](int(count), seed=99)
exec("".join(statement), {"drawn": drawn})
with open("fresh-rows.json", "w") as file:
    json.dump(page["golden"](drawn), file)
