import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { beforeEach, expect, test } from "@odoo/hoot";
import { queryFirst, waitFor, waitForNone } from "@odoo/hoot-dom";
import { advanceTime, animationFrame, mockDate } from "@odoo/hoot-mock";
import {
    contains,
    defineModels,
    fields,
    models,
    mountView,
    onRpc,
} from "@web/../tests/web_test_helpers";

import { makePanel, makeStoredValidation, mockEventStream } from "./validation_test_helpers";

class AccountMove extends models.Model {
    _name = "account.move";

    name = fields.Char();

    _records = [{ id: 5, name: "F 1" }];
    _views = {
        form: `<form><widget name="account_ai_panel"/><field name="name"/></form>`,
    };
}

defineMailModels();
defineModels([AccountMove]);

const LIMITED = { code: "too_many_requests", message: "Wait a bit.", retryable: true };
const LAST = { "X-RateLimit-Limit": "20", "X-RateLimit-Remaining": "0" };

let panel;

beforeEach(() => {
    mockDate("2026-11-20 13:00:00", 0);
    panel = makePanel();
    onRpc("account.move", "account_ai_panel", () => panel);
});

/** Validates, and is refused with this error. */
async function refuse(error, headers = LAST) {
    const stream = mockEventStream({ status: 429, headers });
    await mountView({ resModel: "account.move", resId: 5, type: "form" });
    await contains(".o_account_ai_run").click();
    panel = makePanel({
        validation: makeStoredValidation({
            verdict: "review",
            degraded: { code: error.code, message: error.message },
        }),
    });
    stream.send("error", error);
    stream.send("done", { panel });
    stream.close();
    await waitForNone(".o_account_ai_running");
    await animationFrame();
    return stream;
}

async function wait(seconds) {
    await advanceTime(seconds * 1000);
    await animationFrame();
}

test("a refused request counts down until one may try again", async () => {
    const stream = await refuse({ ...LIMITED, retry_after: 12 });
    expect(".o_account_ai_degraded").toHaveText("Wait a bit.");
    expect(".o_account_ai_error").toHaveCount(0);
    expect(".o_account_ai_countdown").toHaveText("You can try again in 12 seconds.");
    expect(".o_account_ai_try_again").not.toBeEnabled();
    expect(".o_account_ai_run").not.toBeEnabled();
    await wait(5);
    expect(".o_account_ai_countdown").toHaveText("You can try again in 7 seconds.");
    await wait(8);
    expect(".o_account_ai_countdown").toHaveText("You can try again now.");
    expect(".o_account_ai_try_again").toBeEnabled();
    await contains(".o_account_ai_try_again").click();
    expect(stream.streams).toHaveLength(2);
    expect(stream.streams[1].fields.force).toBe("");
    expect(".o_account_ai_waiting").toHaveCount(0);
    stream.send("done", { panel });
    stream.close();
    await waitForNone(".o_account_ai_running");
});

test("screen readers are told at the beginning and at the end, not every second", async () => {
    await refuse({ ...LIMITED, retry_after: 12 });
    const status = "[role=status][aria-live=polite]:first";
    expect(status).toHaveText("You can try again in 12 seconds.");
    await wait(6);
    expect(status).toHaveText("You can try again in 12 seconds.");
    await wait(7);
    expect(status).toHaveText("You can try again now.");
    expect(".o_account_ai_countdown").toHaveAttribute("role", "timer");
});

test("the button is focused when it may be pressed", async () => {
    await refuse({ ...LIMITED, retry_after: 3 });
    document.activeElement.blur();
    await wait(4);
    expect(".o_account_ai_try_again").toBeFocused();
});

test("focus is not taken from somebody who types", async () => {
    await refuse({ ...LIMITED, retry_after: 3 });
    await contains(".o_field_widget[name=name] input").click();
    await wait(4);
    expect(".o_account_ai_try_again").toBeEnabled();
    expect(".o_field_widget[name=name] input").toBeFocused();
});

test("a long wait may be left to the queue", async () => {
    onRpc("account.move", "account_ai_queue", ({ args }) => {
        expect.step(`queue ${args[0]}`);
        return makePanel({ validation: makeStoredValidation({ state: "queued" }) });
    });
    await refuse({ code: "circuit_open", message: "Out.", retryable: true, retry_after: 50 });
    await contains(".o_account_ai_queue").click();
    expect.verifySteps(["queue 5"]);
    await waitFor(".o_account_ai_progress:contains(Waiting in the queue)");
    expect(".o_account_ai_waiting").toHaveCount(0);
});

test("a short wait is not left to the queue", async () => {
    await refuse({ ...LIMITED, retry_after: 8 });
    expect(".o_account_ai_waiting").toHaveCount(1);
    expect(".o_account_ai_queue").toHaveCount(0);
});

test("nobody is held back for hours, only told until when", async () => {
    const day = { code: "budget", message: "The budget is used up.", retryable: false };
    await refuse({ ...day, retry_after: 11 * 3600 }, {});
    expect(".o_account_ai_countdown").toHaveText(/^It makes sense to try again from .*00:00/);
    expect(".o_account_ai_try_again").toBeEnabled();
    expect(".o_account_ai_run").toBeEnabled();
    expect(".o_account_ai_queue").toHaveCount(0);
});

test("an error that waiting does not solve has no countdown", async () => {
    await refuse({ code: "too_large", message: "Too large.", retryable: false }, {});
    expect(".o_account_ai_waiting").toHaveCount(0);
    expect(".o_account_ai_run").toBeEnabled();
});

test("few requests that are left are told quietly, for a minute", async () => {
    const stream = mockEventStream({
        headers: { "X-RateLimit-Limit": "20", "X-RateLimit-Remaining": "2" },
    });
    await mountView({ resModel: "account.move", resId: 5, type: "form" });
    await contains(".o_account_ai_run").click();
    stream.send("done", { panel });
    stream.close();
    await waitFor(".o_account_ai_few_left");
    expect(".o_account_ai_few_left").toHaveText("2 more requests are possible in this minute.");
    expect(queryFirst(".o_account_ai_few_left").closest("[aria-live]")).toBe(null);
    await wait(61);
    expect(".o_account_ai_few_left").toHaveCount(0);
});

test("as long as many are left nothing is said", async () => {
    const stream = mockEventStream({
        headers: { "X-RateLimit-Limit": "20", "X-RateLimit-Remaining": "5" },
    });
    await mountView({ resModel: "account.move", resId: 5, type: "form" });
    await contains(".o_account_ai_run").click();
    stream.send("done", { panel });
    stream.close();
    await waitForNone(".o_account_ai_running");
    expect(".o_account_ai_few_left").toHaveCount(0);
});
