import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { describe, expect, test } from "@odoo/hoot";
import { click, queryAllTexts, waitFor } from "@odoo/hoot-dom";
import { animationFrame } from "@odoo/hoot-mock";
import {
    MockServer,
    mountWithCleanup,
    patchWithCleanup,
    serverState,
} from "@web/../tests/web_test_helpers";
import { WebClient } from "@web/webclient/webclient";

describe.current.tags("desktop");
defineMailModels();

test("an alert stays until it is opened", async () => {
    const webClient = await mountWithCleanup(WebClient);
    patchWithCleanup(webClient.env.services.action, {
        doAction({ res_model, res_id }) {
            expect.step(`${res_model} ${res_id}`);
        },
    });
    MockServer.env["bus.bus"]._sendone(serverState.partnerId, "account_ai/alert", {
        id: 7,
        title: "Budget November",
        message: "80 % is used.",
    });
    await waitFor(".o_notification:contains(80 % is used)");
    expect(queryAllTexts(".o_notification_content")).toEqual(["Budget November. 80 % is used."]);
    await animationFrame();
    await click(".o_notification_buttons button");
    await animationFrame();
    expect.verifySteps(["account.ai.alert 7"]);
    expect(".o_notification").toHaveCount(0);
});
