"""Development tools of the addon: real Odoo, databases, browser and checks.

Nothing here is shipped. The verbs of ``python3 -m dev`` start under the machine's
own Python with the standard library alone, and run everything else inside the
prepared virtual environment.
"""
