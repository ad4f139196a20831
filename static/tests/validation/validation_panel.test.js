import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { beforeEach, expect, test } from "@odoo/hoot";
import { queryAll, queryAllTexts, queryFirst, waitFor, waitForNone } from "@odoo/hoot-dom";
import { advanceTime, animationFrame } from "@odoo/hoot-mock";
import {
    contains,
    defineModels,
    fields,
    mockService,
    models,
    mountView,
    onRpc,
} from "@web/../tests/web_test_helpers";

import {
    makeFinding,
    makePanel,
    makeStoredValidation,
    mockEventStream,
} from "./validation_test_helpers";

class AccountMove extends models.Model {
    _name = "account.move";

    name = fields.Char();
    ref = fields.Char();
    invoice_origin = fields.Char();
    invoice_line_ids = fields.One2many({ relation: "account.move.line" });
    account_ai_verdict = fields.Selection({
        selection: [
            ["send", "Send"],
            ["review", "Review"],
            ["reject", "Reject"],
        ],
    });
    account_ai_is_stale = fields.Boolean();
    account_ai_is_simulated = fields.Boolean();

    _records = [
        { id: 5, name: "F 1", invoice_line_ids: [1, 2, 3], account_ai_verdict: "reject" },
        {
            id: 6,
            name: "F 2",
            account_ai_verdict: "send",
            account_ai_is_stale: true,
            account_ai_is_simulated: true,
        },
        { id: 7, name: "F 3", account_ai_verdict: false },
    ];

    _views = {
        form: `
            <form>
                <header>
                    <widget name="account_ai_validate_button"/>
                </header>
                <widget name="account_ai_panel"/>
                <sheet>
                    <field name="name"/>
                    <notebook>
                        <page name="other" string="Other"><field name="invoice_origin"/></page>
                        <page name="lines" string="Lines">
                            <field name="invoice_line_ids">
                                <list editable="bottom" limit="2"><field name="name"/></list>
                            </field>
                        </page>
                    </notebook>
                </sheet>
            </form>`,
        list: `
            <list>
                <field name="name"/>
                <field name="account_ai_verdict" widget="account_ai_verdict"
                       options="{
                           'stale_field': 'account_ai_is_stale',
                           'simulated_field': 'account_ai_is_simulated',
                       }"/>
            </list>`,
    };
}

class AccountMoveLine extends models.Model {
    _name = "account.move.line";

    name = fields.Char();

    _records = [
        { id: 1, name: "Servicios varios" },
        { id: 2, name: "Papel" },
        { id: 3, name: "Tinta" },
    ];
}

defineMailModels();
defineModels([AccountMove, AccountMoveLine]);

let panel;

beforeEach(() => {
    panel = makePanel();
    onRpc("account.move", "account_ai_panel", () => panel);
});

async function mountForm() {
    await mountView({ resModel: "account.move", resId: 5, resIds: [5, 6], type: "form" });
    await animationFrame();
}

async function goToInvoice(name) {
    await contains(".o_pager_next").click();
    await waitFor(`.o_field_widget[name=name] input:value(${name})`);
    await animationFrame();
}

const RULE_FINDING = makeFinding({ partner_id: 9, field_name: "vat" });
const MODEL_FINDING = makeFinding({
    id: "2",
    code: "VAGUE",
    severity: "warning",
    origin: "model",
    message: "The text says nothing.",
    line: 1,
    line_id: 1,
    field_name: "name",
    evidence: "Servicios varios",
});

test("a document that was never validated offers to validate it", async () => {
    await mountForm();
    expect(".o_account_ai_panel").toHaveAttribute("data-state", "none");
    expect(".o_account_ai_invite").toBeVisible();
    expect(".o_account_ai_run").toHaveText("Validate");
    expect(".o_account_ai_verdict").toHaveCount(0);
});

test("nothing is shown where the addon does not apply", async () => {
    panel = { available: false };
    await mountForm();
    expect(".o_account_ai_panel").toHaveCount(0);
    expect(queryFirst(".o_widget_account_ai_panel").getBoundingClientRect().height).toBe(0);
});

test("findings arrive one by one, then the verdict", async () => {
    const stream = mockEventStream();
    await mountForm();
    await contains(".o_account_ai_validate").click();
    expect(".o_account_ai_validate").not.toBeEnabled();
    expect(".o_account_ai_progress").toHaveText("Checking the rules…");

    stream.send("started", { validation_id: 7, simulated: true });
    stream.send("finding", { finding: RULE_FINDING });
    stream.send("rules", { verdict: "reject" });
    await waitFor(".o_account_ai_finding[data-code=RUT_DV]");
    expect(".o_account_ai_simulated").toHaveText("Simulated");
    expect("[role=status]:first").toHaveText(RULE_FINDING.message);
    stream.send("waiting", { model: "claude-haiku-5-5" });
    await waitFor(".o_account_ai_progress:contains(Claude is reading)");
    stream.send("progress", { characters: 40 });
    await waitFor(".o_account_ai_progress:contains(40 characters)");
    stream.send("finding", { finding: MODEL_FINDING });
    await waitFor(".o_account_ai_finding[data-origin=model]");
    expect(".o_account_ai_verdict").toHaveCount(0);

    panel = makePanel({
        validation: makeStoredValidation({
            verdict: "reject",
            findings: [MODEL_FINDING, RULE_FINDING],
        }),
    });
    stream.send("done", { panel });
    stream.close();
    await waitFor(".o_account_ai_panel[data-state=done]");
    expect(".o_account_ai_verdict").toHaveAttribute("data-verdict", "reject");
    expect(queryAllTexts(".o_account_ai_findings h4")).toEqual(["Errors\n1", "Warnings\n1"]);
    expect(".o_account_ai_cost").toHaveText("US$ 0.00031");
    expect(".o_account_ai_duration").toHaveText("2.4 s");
    expect(".o_account_ai_tokens").toHaveText("7,120 tokens");
    expect(".o_account_ai_model").toHaveText("claude-haiku-5-5");
    expect(".o_account_ai_running").toHaveCount(0);
    expect(".o_account_ai_validate").toBeEnabled();
});

test("elapsed seconds are counted", async () => {
    const stream = mockEventStream();
    await mountForm();
    await contains(".o_account_ai_run").click();
    expect(".o_account_ai_running").toHaveText("0 s");
    await advanceTime(3000);
    await animationFrame();
    expect(".o_account_ai_running").toHaveText("3 s");
    stream.send("done", { panel });
    stream.close();
    await waitForNone(".o_account_ai_running");
});

test("a changed record is saved before it is validated", async () => {
    const stream = mockEventStream();
    onRpc("account.move", "web_save", ({ args }) => expect.step(args[1].name));
    await mountForm();
    await contains(".o_field_widget[name=name] input").edit("F 9");
    await contains(".o_account_ai_validate").click();
    expect.verifySteps(["F 9"]);
    expect(stream.streams).toHaveLength(1);
    stream.send("done", { panel });
    stream.close();
    await waitForNone(".o_account_ai_running");
});

test("a stream survives leaving the form and coming back", async () => {
    const stream = mockEventStream();
    await mountForm();
    await contains(".o_account_ai_validate").click();
    stream.send("finding", { finding: RULE_FINDING });
    await waitFor(".o_account_ai_finding");
    await goToInvoice("F 2");
    expect(".o_account_ai_panel").toHaveAttribute("data-state", "none");
    expect(".o_account_ai_finding").toHaveCount(0);
    await goToInvoice("F 1");
    expect(".o_account_ai_panel").toHaveAttribute("data-state", "running");
    expect(".o_account_ai_finding").toHaveCount(1);
    expect(stream.streams).toHaveLength(1);
    stream.send("done", { panel });
    stream.close();
});

test("a stale verdict says so and can be renewed", async () => {
    panel = makePanel({ validation: makeStoredValidation({ stale: true }) });
    const stream = mockEventStream();
    await mountForm();
    expect(".o_account_ai_stale").toBeVisible();
    expect(".o_account_ai_verdict").toHaveAttribute("data-stale", "1");
    expect(".o_account_ai_confidence").toHaveCount(0);
    expect(".o_account_ai_run").toHaveText("Validate again");
    await contains(".o_account_ai_run").click();
    expect(stream.streams[0].fields.force).toBe("");
    panel = makePanel({ validation: makeStoredValidation() });
    stream.send("done", { panel });
    stream.close();
    await waitFor(".o_account_ai_confidence:contains(90 %)");
    expect(".o_account_ai_stale").toHaveCount(0);
    await contains(".o_account_ai_ask_again").click();
    expect(stream.streams[1].fields.force).toBe("1");
    stream.send("done", { panel });
    stream.close();
    await waitForNone(".o_account_ai_running");
});

test("an attempt without an answer is shown beside the last answer", async () => {
    panel = makePanel({
        validation: makeStoredValidation({ verdict: "reject" }),
        attempt: {
            id: 8,
            code: "too_many_requests",
            message: "Wait a bit.",
            date: "2026-11-30 12:00:00",
        },
    });
    await mountForm();
    expect(".o_account_ai_attempt").toHaveText(/The last attempt, on .+: Wait a bit\.$/);
    expect(".o_account_ai_degraded").toHaveCount(0);
    expect(".o_account_ai_verdict").toHaveAttribute("data-verdict", "reject");
});

test("without Claude one sentence is shown, and validating again is offered", async () => {
    panel = makePanel({
        validation: makeStoredValidation({
            verdict: "review",
            model_verdict: false,
            degraded: { code: "connection", message: "Claude could not be reached." },
        }),
    });
    await mountForm();
    expect(".o_account_ai_degraded").toHaveText("Claude could not be reached.");
    expect(".o_account_ai_verdict").toHaveAttribute("data-verdict", "review");
    expect(".o_account_ai_run").toHaveText("Validate again");
    expect(".o_account_ai_ask_again").toHaveCount(0);
});

test("an error is shown once, with the seconds to wait", async () => {
    const stream = mockEventStream({ status: 429 });
    await mountForm();
    await contains(".o_account_ai_run").click();
    stream.send("error", { code: "too_many_requests", message: "Wait a bit.", retry_after: 3 });
    stream.send("done", { panel });
    stream.close();
    await waitFor(".o_account_ai_error:contains(Wait a bit.)");
    await animationFrame();
    expect(".o_account_ai_run").not.toBeEnabled();
    await advanceTime(4500);
    await animationFrame();
    expect(".o_account_ai_run").toBeEnabled();
});

test("a lost connection leaves no spinner when nothing runs", async () => {
    const stream = mockEventStream();
    await mountForm();
    await contains(".o_account_ai_run").click();
    stream.send("finding", { finding: RULE_FINDING });
    await waitFor(".o_account_ai_finding");
    stream.breakDown();
    await waitFor(".o_account_ai_lost");
    await animationFrame();
    expect(".o_account_ai_running").toHaveCount(0);
    expect(".o_account_ai_finding").toHaveCount(1);
    expect(".o_account_ai_run").toHaveText("Validate again");
});

test("without consent it says what to do, and who can do it", async () => {
    panel = makePanel({ enabled: false, settings_url: "/odoo/settings" });
    await mountForm();
    expect(".o_account_ai_not_ready").toHaveText(/not switched on/);
    expect(".o_account_ai_settings").toHaveAttribute("href", "/odoo/settings");
    panel = makePanel({ has_key: false });
    await goToInvoice("F 2");
    expect(".o_account_ai_not_ready").toHaveText(/No key/);
    expect(".o_account_ai_settings").toHaveCount(0);
});

test("a user with read access has no button", async () => {
    panel = makePanel({ can_validate: false, validation: makeStoredValidation() });
    await mountForm();
    expect(".o_account_ai_verdict").toHaveCount(1);
    expect(".o_account_ai_panel header button").toHaveCount(1);
});

test("the panel folds, and stays folded on the next invoice", async () => {
    panel = makePanel({ validation: makeStoredValidation({ findings: [RULE_FINDING] }) });
    await mountForm();
    expect(".o_account_ai_toggle").toHaveAttribute("aria-expanded", "true");
    await contains(".o_account_ai_toggle").click();
    expect(".o_account_ai_finding").toHaveCount(0);
    expect(".o_account_ai_verdict").toHaveCount(1);
    await goToInvoice("F 2");
    expect(".o_account_ai_toggle").toHaveAttribute("aria-expanded", "false");
});

test("a finding leads to its line, also on another page", async () => {
    const finding = makeFinding({ line: 3, line_id: 3, field_name: "name" });
    panel = makePanel({ validation: makeStoredValidation({ findings: [finding] }) });
    await mountForm();
    expect(".o_field_widget[name=invoice_line_ids]").toHaveCount(0);
    await contains(".o_account_ai_locate").click();
    await waitFor("tr.o_account_ai_highlight");
    expect("tr.o_account_ai_highlight").toHaveText("Tinta");
    expect(queryAll("td[name=name]").at(-1)).toBe(document.activeElement.closest("td"));
    await advanceTime(3000);
    expect(".o_account_ai_highlight").toHaveCount(0);
});

test("a finding leads to its field, and opens the tab that holds it", async () => {
    const finding = makeFinding({ field_name: "invoice_origin" });
    panel = makePanel({ validation: makeStoredValidation({ findings: [finding] }) });
    await mountForm();
    await contains(".nav-link[name=lines]").click();
    await contains(".o_account_ai_locate").click();
    await waitFor(".o_field_widget[name=invoice_origin].o_account_ai_highlight");
    expect(".o_field_widget[name=invoice_origin] input").toBeFocused();
});

test("a finding on the partner opens the partner", async () => {
    mockService("action", {
        doAction: ({ res_model, res_id }) => expect.step(`${res_model} ${res_id}`),
    });
    panel = makePanel({ validation: makeStoredValidation({ findings: [RULE_FINDING] }) });
    await mountForm();
    await contains(".o_account_ai_locate").click();
    expect.verifySteps(["res.partner 9"]);
});

test("a finding without a target is not a button", async () => {
    panel = makePanel({ validation: makeStoredValidation({ findings: [makeFinding()] }) });
    await mountForm();
    expect(".o_account_ai_finding").toHaveCount(1);
    expect(".o_account_ai_locate").toHaveCount(0);
});

test("texts of a document are shown as text", async () => {
    const finding = makeFinding({ evidence: "<img src=x onerror=alert(1)>" });
    panel = makePanel({ validation: makeStoredValidation({ findings: [finding] }) });
    await mountForm();
    expect(".o_account_ai_evidence q").toHaveText("<img src=x onerror=alert(1)>");
    expect(".o_account_ai_evidence img").toHaveCount(0);
});

test("verdicts in a list, faded when they are out of date", async () => {
    await mountView({ resModel: "account.move", type: "list" });
    expect(queryAllTexts(".o_account_ai_verdict")).toEqual(["Reject", "Send\n(out of date)"]);
    expect(".o_account_ai_verdict[data-stale]").toHaveCount(1);
    expect(".o_account_ai_verdict[data-stale]").toHaveAttribute("data-verdict", "send");
});

test("a list says which verdicts are simulated", async () => {
    await mountView({ resModel: "account.move", type: "list" });
    expect(queryAllTexts(".o_data_row td[name=account_ai_verdict]")).toEqual([
        "Reject",
        "Send\n(out of date)\nSimulated",
        "",
    ]);
});

test("a fallback model is named with the retired one", async () => {
    panel = makePanel({
        validation: makeStoredValidation({
            model: "claude-sonnet-5-5",
            replaced_model: "claude-haiku-5-5",
        }),
    });
    await mountForm();
    expect(".o_account_ai_model").toHaveText("claude-sonnet-5-5");
    expect(".o_account_ai_replaced_model").toHaveText("instead of claude-haiku-5-5");
});
