"""Several people, tabs and crons queue the same invoices at once."""

import ast

from odoo.tests import tagged

from ..common.process_case import ProcessCase

QUEUE = """
import threading
from concurrent.futures import ThreadPoolExecutor
from odoo import api

users = env["res.users"].search([("login", "like", "user_")])
barrier = threading.Barrier(len(users))

def queue(number):
    with env.registry.cursor() as cursor:
        cursor.execute("SELECT 1")  # from now on it sees nothing that others do
        barrier.wait(timeout=60)
        own = api.Environment(cursor, users.ids[number], {{}})
        moves = own["account.move"].browse({moves}[:: (-1) ** number])
        own["account.ai.validation"]._queue_moves(moves)

with ThreadPoolExecutor(len(users)) as pool:
    list(pool.map(queue, range(len(users))))
"""
ONE_AFTER_THE_OTHER = """
from contextlib import ExitStack
from odoo import api

users = env["res.users"].search([("login", "like", "user_")])
with ExitStack() as stack:
    cursors = [stack.enter_context(env.registry.cursor()) for _user in users]
    for cursor in cursors:
        cursor.execute("SELECT 1")  # from now on it sees nothing that others do
    counts = []
    for cursor, user, moves in zip(cursors, users, {lists}):
        own = api.Environment(cursor, user.id, {{}})
        queued = own["account.ai.validation"]._queue_moves(
            own["account.move"].browse(moves))
        counts.append(len(queued))
        cursor.commit()
print("queued", counts)
"""


@tagged("post_install", "-at_install")
class TestQueueingAtOnce(ProcessCase):
    purpose = "queueing"
    drafts = 6
    users = 5
    options = {"extra_arguments": ["--max-cron-threads=0", "--log-level=warn"]}

    def entries(self, moves):
        return self.sql(
            "SELECT move_id, count(*) FROM account_ai_validation"
            " WHERE move_id = ANY(%s) GROUP BY move_id ORDER BY move_id",
            moves,
        )

    def test_five_at_the_same_moment(self):
        """One entry for each invoice, and no deadlock, whatever the order of the
        requests."""
        moves = [self.moves.pop() for _each in range(3)]
        self.run_in_shell(self.server, QUEUE.format(moves=moves))
        self.assertEqual(self.entries(moves), [(move, 1) for move in sorted(moves)])

    def test_five_that_do_not_see_each_other(self):
        """Each gets what nobody else has queued, and no error."""
        first, second, third = (self.moves.pop() for _each in range(3))
        lists = [[first], [first], [second, first], [first, second], [third, second]]
        printed = self.run_in_shell(
            self.server, ONE_AFTER_THE_OTHER.format(lists=lists)
        )
        line = next(each for each in printed.splitlines() if "queued [" in each)
        counts = ast.literal_eval(line.split("queued ")[1])
        self.assertEqual(counts, [1, 0, 1, 0, 1])
        self.assertEqual(
            self.entries([first, second, third]),
            [(move, 1) for move in sorted([first, second, third])],
        )
