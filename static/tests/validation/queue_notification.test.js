import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { beforeEach, describe, expect, test } from "@odoo/hoot";
import { queryAllTexts, waitFor } from "@odoo/hoot-dom";
import { animationFrame } from "@odoo/hoot-mock";
import { MockServer, mountWithCleanup, serverState } from "@web/../tests/web_test_helpers";
import { WebClient } from "@web/webclient/webclient";

describe.current.tags("desktop");
defineMailModels();

beforeEach(async () => {
    await mountWithCleanup(WebClient);
});

async function notify(payload) {
    MockServer.env["bus.bus"]._sendone(serverState.partnerId, "account_ai/queue", payload);
    await waitFor(`.o_notification:contains(of ${payload.total}), .o_notification:contains(${payload.total} documents)`);
    await animationFrame();
}

test("progress replaces itself, the last notification stays", async () => {
    await notify({ done: 2, total: 5, failed: 0, review: 1, reject: 0 });
    await waitFor(".o_notification:contains(2 of 5)");
    await notify({ done: 4, total: 5, failed: 0, review: 1, reject: 1 });
    await waitFor(".o_notification:contains(4 of 5)");
    expect(".o_notification").toHaveCount(1);
    await notify({ done: 5, total: 5, failed: 0, review: 1, reject: 1 });
    await waitFor(".o_notification:contains(5 documents)");
    expect(queryAllTexts(".o_notification_content")).toEqual([
        "AI validation. 5 documents validated: 1 to reject, 1 to review.",
    ]);
    expect(".o_notification_bar").toHaveClass("bg-warning");
});

test("failures are shown", async () => {
    await notify({ done: 3, total: 3, failed: 2, review: 1, reject: 0 });
    expect(queryAllTexts(".o_notification_content")).toEqual([
        "AI validation. 3 documents processed: 0 to reject, 1 to review, 2 failed.",
    ]);
});
