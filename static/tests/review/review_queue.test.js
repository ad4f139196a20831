import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { beforeEach, expect, test } from "@odoo/hoot";
import { press, queryAllTexts, queryFirst } from "@odoo/hoot-dom";
import { animationFrame } from "@odoo/hoot-mock";
import {
    contains,
    getService,
    mockService,
    mountWithCleanup,
    onRpc,
} from "@web/../tests/web_test_helpers";
import { WebClient } from "@web/webclient/webclient";

import { makeFinding } from "../validation/validation_test_helpers";

const REASONS = {
    false_alarm: [
        { code: "not_applicable", label: "The rule does not apply" },
        { code: "misread", label: "It was misread" },
        { code: "other", label: "Another reason" },
    ],
    accepted: [
        { code: "agreed", label: "Agreed" },
        { code: "other", label: "Another reason" },
    ],
};

defineMailModels();

let invoices;
let decided;

function makeInvoice(moveId, name, findings) {
    return {
        move_id: moveId,
        name,
        type: "Customer Invoice",
        partner: "Viña Los Aromos Ltda.",
        verdict: "reject",
        simulated: false,
        stale: false,
        amount_total: 119000,
        amount_at_risk: 119000,
        currency_id: 1,
        age_days: 12,
        errors: findings.length,
        warnings: 0,
        findings,
    };
}

beforeEach(() => {
    decided = [];
    invoices = [
        makeInvoice(5, "F 1", [
            makeFinding({ id: "11", code: "RUT_DV", message: "Wrong RUT" }),
            makeFinding({ id: "12", code: "GIRO", message: "No giro" }),
        ]),
        makeInvoice(6, "F 2", [makeFinding({ id: "21", code: "DATE", message: "Old" })]),
    ];
    onRpc("account.ai.review", "get_queue", () => ({
        items: invoices,
        total: invoices.length,
        reasons: REASONS,
    }));
    onRpc("account.ai.finding", "dispose", ({ args: [ids, kind, reason, note] }) => {
        decided.push([ids[0], kind, reason, note]);
        const invoice = invoices.find(({ findings }) =>
            findings.some(({ id }) => Number(id) === ids[0])
        );
        const dismissed = ["false_alarm", "accepted"].includes(kind);
        const disposition =
            kind === "reopened"
                ? undefined
                : { kind, label: kind, reason: "", user: "Ana", date: "2026-11-20 13:05:00" };
        invoice.findings = invoice.findings.map((finding) =>
            Number(finding.id) === ids[0] ? { ...finding, dismissed, disposition } : finding
        );
        return { ...invoice };
    });
});

async function openQueue() {
    await mountWithCleanup(WebClient);
    await getService("action").doAction({
        type: "ir.actions.client",
        tag: "account_ai_review_queue",
    });
    await animationFrame();
}

async function hit(key) {
    await press(key);
    await animationFrame();
    await animationFrame();
}

const SELECTED = ".o_account_ai_review_finding[aria-current=true] .o_account_ai_finding";

function expectLookingAt(code, invoice) {
    expect(SELECTED).toHaveAttribute("data-code", code);
    expect(".o_account_ai_review_invoice h2").toHaveText(invoice);
}

test("the first open finding of the first invoice is looked at", async () => {
    await openQueue();
    expectLookingAt("RUT_DV", "F 1");
    expect(queryAllTexts(".o_account_ai_review_item .fw-bold")).toEqual(["F 1", "F 2"]);
    expect(queryAllTexts(".o_account_ai_shortcuts kbd")).toEqual([
        ...["J", "K", "N", "P", "C", "F", "A", "U", "Enter"],
    ]);
});

test("j and k, and the arrows, go from finding to finding across invoices", async () => {
    await openQueue();
    await hit("j");
    expectLookingAt("GIRO", "F 1");
    await hit("j");
    expectLookingAt("DATE", "F 2");
    await hit("j");
    expectLookingAt("DATE", "F 2");
    await hit("k");
    expectLookingAt("GIRO", "F 1");
    await hit("ArrowDown");
    expectLookingAt("DATE", "F 2");
    await hit("ArrowUp");
    expectLookingAt("GIRO", "F 1");
});

test("n and p go from invoice to invoice", async () => {
    await openQueue();
    await hit("n");
    expectLookingAt("DATE", "F 2");
    await hit("p");
    expectLookingAt("RUT_DV", "F 1");
});

test("c confirms and goes on, and a decided invoice leaves", async () => {
    await openQueue();
    await hit("c");
    expect(decided).toEqual([[11, "confirmed", false, ""]]);
    expectLookingAt("GIRO", "F 1");
    await hit("c");
    expectLookingAt("DATE", "F 2");
    expect(".o_account_ai_review_item").toHaveCount(1);
    await hit("c");
    expect(".o_account_ai_review_empty").toBeVisible();
    expect(".o_account_ai_review_empty p:first").toHaveText(/Well done/);
});

test("f asks for a reason, chosen by its digit", async () => {
    await openQueue();
    await hit("f");
    expect(".o_account_ai_reason legend").toHaveText("Why is it a false alarm?");
    expect(queryFirst(".o_account_ai_reason input[type=radio]")).toBeFocused();
    await hit("2");
    await hit("Enter");
    expect(decided).toEqual([[11, "false_alarm", "misread", ""]]);
    expect(".o_account_ai_reason").toHaveCount(0);
    expectLookingAt("GIRO", "F 1");
    expect(".o_account_ai_finding[data-code=RUT_DV]").toHaveClass("o_account_ai_dismissed");
    expect(".o_account_ai_finding[data-code=RUT_DV] .o_account_ai_decision").toHaveText(/by Ana/);
});

test("without a reason nothing is decided", async () => {
    await openQueue();
    await hit("a");
    await hit("Enter");
    expect(".o_account_ai_reason_problem").toHaveText("Choose a reason.");
    await hit("2");
    expect(".o_account_ai_note").toBeFocused();
    await hit("Enter");
    expect(".o_account_ai_reason_problem").toHaveText("Write the reason in your own words.");
    expect(decided).toEqual([]);
    await contains(".o_account_ai_note").edit("Contract 14, clause 3", { confirm: false });
    await hit("Enter");
    expect(decided).toEqual([[11, "accepted", "other", "Contract 14, clause 3"]]);
});

test("letters typed into the reason are no shortcuts", async () => {
    await openQueue();
    await hit("a");
    await contains(".o_account_ai_note").click();
    for (const letter of "jcf1") {
        await press(letter);
    }
    await animationFrame();
    expectLookingAt("RUT_DV", "F 1");
    expect(decided).toEqual([]);
    expect(".o_account_ai_note").toHaveValue("jcf1");
    expect(".o_account_ai_reason input:checked").toHaveCount(0);
    await hit("Escape");
    expect(".o_account_ai_reason").toHaveCount(0);
    expect(".o_account_ai_decide").toHaveCount(1);
});

test("u takes the last decision back, and its invoice with it", async () => {
    await openQueue();
    await hit("n");
    await hit("c");
    expectLookingAt("RUT_DV", "F 1");
    expect(".o_account_ai_review_item").toHaveCount(1);
    await hit("u");
    expect(decided.at(-1)).toEqual([21, "reopened", false, ""]);
    expectLookingAt("DATE", "F 2");
    expect(".o_account_ai_review_item").toHaveCount(2);
    await hit("u");
    expect(decided).toHaveLength(2);
});

test("enter opens the invoice, unless a button has the focus", async () => {
    await openQueue();
    mockService("action", {});
    const action = getService("action");
    const opened = [];
    action.doAction = ({ res_model, res_id }) => opened.push(`${res_model} ${res_id}`);
    await hit("Enter");
    expect(opened).toEqual(["account.move 5"]);
    queryFirst(".o_account_ai_decide [data-kind=confirmed]").focus();
    await hit("Enter");
    expect(opened).toHaveLength(1);
    expect(decided).toEqual([[11, "confirmed", false, ""]]);
});

test("the mouse does all of it too", async () => {
    await openQueue();
    await contains(".o_account_ai_review_item[data-move-id='6']").click();
    expectLookingAt("DATE", "F 2");
    await contains(".o_account_ai_decide [data-kind=accepted]").click();
    await contains(".o_account_ai_reason input[value=agreed]").click();
    await contains(".o_account_ai_reason button[type=submit]").click();
    expect(decided).toEqual([[21, "accepted", "agreed", ""]]);
});

test("an empty queue says so", async () => {
    invoices = [];
    await openQueue();
    expect(".o_account_ai_review_empty").toBeVisible();
    expect(".o_account_ai_shortcuts").toHaveCount(0);
});
