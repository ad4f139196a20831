import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { beforeEach, expect, test } from "@odoo/hoot";
import { press, queryAllTexts, queryFirst } from "@odoo/hoot-dom";
import { animationFrame, Deferred } from "@odoo/hoot-mock";
import {
    contains,
    getService,
    makeServerError,
    mockService,
    mountWithCleanup,
    onRpc,
} from "@web/../tests/web_test_helpers";
import { WebClient } from "@web/webclient/webclient";

defineMailModels();

const ROW = { calls: 3, errors: 0, cost_usd: 0.3, simulated_usd: 0, share: 1 };
const TOKENS = { input_tokens: 900, output_tokens: 100 };

let asked;
let opened;
let figures;

function makeBar(key, values = {}) {
    return { key, calls: 0, errors: 0, cost_usd: 0, simulated_usd: 0, expected_usd: 0, ...values };
}

function makeTotals(values = {}) {
    return {
        calls: 0,
        errors: 0,
        corrections: 0,
        stored_calls: 0,
        cost_usd: 0,
        open_calls: 0,
        reserved_usd: 0,
        unknown_calls: 0,
        unknown_usd: 0,
        simulated_calls: 0,
        simulated_usd: 0,
        tokens: { uncached_input: 0, cache_write: 0, cache_read: 0, output: 0, thinking: 0 },
        cache_share: null,
        saved: { cache: 0, batch: 0, store: 0, total: 0 },
        latency: { calls: 0, mean_ms: null, p50_ms: null, p95_ms: null },
        error_rate: null,
        ...values,
    };
}

function makeFigures(values = {}) {
    return {
        period: {
            name: "month",
            begin: "2026-11-01",
            end: "2026-11-30",
            grain: "day",
            today: "2026-11-20",
        },
        own_only: false,
        companies: [{ id: 1, name: "Servicios Andinos SpA", selected: true }],
        is_empty: false,
        waiting_rows: 0,
        totals: makeTotals(),
        company_costs: [],
        bars: [makeBar("2026-11-19"), makeBar("2026-11-20")],
        forecast: null,
        budgets: [],
        breakdowns: [],
        errors: [],
        most_expensive: [],
        ...values,
    };
}

/** One call of everything that a figure can lead to. */
function makeFull() {
    return makeFigures({
        totals: makeTotals({
            calls: 1204,
            errors: 6,
            stored_calls: 4,
            cost_usd: 12.345,
            open_calls: 2,
            reserved_usd: 0.0123,
            error_rate: 0.005,
            cache_share: 0.75,
            tokens: {
                uncached_input: 100,
                cache_write: 150,
                cache_read: 750,
                output: 250,
                thinking: 50,
            },
            saved: { cache: 4, batch: 2, store: 0.0004, total: 6.0004 },
            latency: { calls: 900, mean_ms: 2400, p50_ms: 2100, p95_ms: 7900 },
        }),
        bars: [
            makeBar("2026-11-19", { calls: 3, cost_usd: 0.3, simulated_usd: 0.1 }),
            makeBar("2026-11-20", { expected_usd: 0.5 }),
        ],
        forecast: {
            begin: "2026-11-01",
            end: "2026-11-30",
            spent_usd: 12.3,
            total_usd: 20.5,
            history_days: 28,
        },
        breakdowns: [
            {
                dimension: "operation",
                title: "By operation",
                rows: [{ key: "chat", name: "Chat", ...ROW, ...TOKENS }],
                others: { key: false, name: "2 others", ...ROW, ...TOKENS, errors: 2, share: 0 },
            },
        ],
        errors: [{ outcome: "timeout", calls: 6 }],
        most_expensive: [
            {
                id: 42,
                opened_at: "2026-11-19 15:00:00",
                operation: "Validation",
                model: "claude-haiku-5-5",
                user: "Ana",
                document: "F 33",
                input_tokens: 900,
                output_tokens: 100,
                cost_usd: 0.1,
                state: "settled",
                simulated: true,
            },
        ],
    });
}

beforeEach(() => {
    asked = [];
    opened = [];
    figures = makeFull();
    onRpc("account.ai.dashboard", "get_figures", ({ args }) => {
        asked.push(args[0]);
        return figures;
    });
    onRpc("account.ai.dashboard", "get_drill_down", ({ args: [filters, figure, detail] }) => {
        opened.push([figure, detail]);
        return { action: { type: "test" }, notice: filters.period === "year" ? "Old" : "" };
    });
});

async function openDashboard() {
    await mountWithCleanup(WebClient);
    const action = getService("action");
    await action.doAction({ type: "ir.actions.client", tag: "account_ai_costs" });
    await animationFrame();
    // The rows open in another screen, which is not tested here.
    action.doAction = (what) => opened.push(what.res_id || what.type);
}

function tile(name) {
    return `.o_account_ai_tile[data-figure=${name}]`;
}

test("one request loads the whole dashboard", async () => {
    await openDashboard();
    expect(asked).toEqual([{ period: "month" }]);
    expect(`${tile("spent")} .o_account_ai_value`).toHaveText("US$ 12.35");
    expect(`${tile("forecast")} .o_account_ai_value`).toHaveText("US$ 20.50");
    expect(`${tile("reserved")} .o_account_ai_value`).toHaveText("US$ 0.0123");
    expect(`${tile("calls")} .o_account_ai_value`).toHaveText("1,204");
    expect(`${tile("store")} .o_account_ai_value`).toHaveText("US$ 0.000400");
    expect(`${tile("answered")} .o_account_ai_value`).toHaveText("2.1 s");
    expect(`${tile("answered")} .o_account_ai_note`).toHaveText("95 of 100 within 7.9 s");
    expect(`${tile("errors")} .o_account_ai_value`).toHaveText("0.5 %");
    expect(".o_account_ai_tokens header button").toHaveText("75 % of the input from the cache");
    expect(".o_account_ai_spend canvas").toHaveCount(1);
});

test("every figure leads to its rows", async () => {
    await openDashboard();
    for (const name of ["spent", "reserved", "calls", "cache", "batch", "store", "errors"]) {
        await contains(tile(name)).click();
    }
    await contains(".o_account_ai_breakdown button:contains(Chat)").click();
    await contains(".o_account_ai_breakdown button:contains(2 others)").click();
    await contains(".o_account_ai_errors button").click();
    await contains(".o_account_ai_tokens header button").click();
    const chat = { dimension: "operation", values: ["chat"] };
    expect(opened.filter((each) => each !== "test")).toEqual([
        ...["spent", "reserved", "calls", "cache", "batch", "store", "errors"].map((name) => [
            name,
            {},
        ]),
        ["spent", { ...chat, excluded: false }],
        ["spent", { ...chat, excluded: true }],
        ["errors", { dimension: "outcome", values: ["timeout"] }],
        ["cache", {}],
    ]);
    expect(opened.filter((each) => each === "test")).toHaveLength(11);
    expect(queryFirst(tile("forecast")).tagName).toBe("DIV");
});

test("the chart is a table too, whose bars can be reached by keyboard", async () => {
    await openDashboard();
    await contains(".o_account_ai_as_table").click();
    expect(queryAllTexts(".o_account_ai_spend tbody tr:first td")).toEqual([
        ...["3", "US$ 0.3000", "US$ 0.1000", "US$ 0.00"],
    ]);
    expect(".o_account_ai_spend tbody tr:last button").toHaveCount(0);
    queryFirst(".o_account_ai_spend tbody button").focus();
    await press("Enter");
    await animationFrame();
    expect(opened).toEqual([["spent", { bar: "2026-11-19" }], "test"]);
});

test("an expensive call opens its row of the ledger", async () => {
    await openDashboard();
    expect(".o_account_ai_most_expensive .badge").toHaveText("simulated");
    await contains(".o_account_ai_dear_call").click();
    expect(opened).toEqual([42]);
});

test("a notice about the opened rows is shown", async () => {
    mockService("notification", { add: (message) => expect.step(message) });
    await openDashboard();
    await contains(".o_account_ai_period select").select("year");
    await contains(tile("spent")).click();
    expect.verifySteps(["Old"]);
});

test("changed periods and companies are requested", async () => {
    figures = makeFigures({
        companies: [
            { id: 1, name: "Servicios Andinos SpA", selected: true },
            { id: 2, name: "Comercial Austral Ltda.", selected: false },
        ],
    });
    await openDashboard();
    expect(".o_account_ai_range").toHaveText("11/01/2026 – 11/30/2026");
    await contains(".o_account_ai_period select").select("year");
    await contains(".o_account_ai_period select").select("custom");
    const begin = queryFirst(".o_account_ai_begin");
    begin.value = "2026-11-05";
    begin.dispatchEvent(new Event("change"));
    await animationFrame();
    expect(asked.at(1)).toEqual({ period: "year" });
    expect(asked.at(2)).toEqual({ period: "custom", begin: "2026-11-01", end: "2026-11-30" });
    expect(asked.at(-1)).toEqual({ period: "custom", begin: "2026-11-05", end: "2026-11-30" });
    expect(".o_account_ai_companies").toHaveText("Servicios Andinos SpA");
    await contains(".o_account_ai_companies").click();
    await contains(".o_account_ai_company:contains(Austral)").click();
    expect(asked.at(-1).companies).toEqual([1, 2]);
    const before = asked.length;
    await contains(".o_account_ai_company:contains(Andinos)").click();
    expect(asked).toHaveLength(before);
});

test("a dashboard without calls says so", async () => {
    figures = makeFigures({ is_empty: true });
    await openDashboard();
    expect(".o_account_ai_costs_empty").toHaveText(/Nothing was spent in this period/);
    expect(".o_account_ai_tile").toHaveCount(0);
    expect(".o_account_ai_companies").toHaveCount(0);
});

test("one call without tokens, latency or forecast", async () => {
    figures = makeFigures({
        totals: makeTotals({ calls: 1, cost_usd: 0.00042 }),
        bars: [makeBar("2026-11-20", { calls: 1, cost_usd: 0.00042 })],
        forecast: {
            begin: "2026-11-01",
            end: "2026-11-30",
            spent_usd: 0.00042,
            total_usd: null,
            history_days: 0,
        },
    });
    await openDashboard();
    expect(`${tile("spent")} .o_account_ai_value`).toHaveText("US$ 0.000420");
    expect(`${tile("forecast")} .o_account_ai_value`).toHaveText("n/a");
    expect(`${tile("answered")} .o_account_ai_value`).toHaveText("n/a");
    expect(`${tile("errors")} .o_account_ai_value`).toHaveText("n/a");
    expect(".o_account_ai_most_expensive").toHaveText(/No request of this period/);
});

test("simulated, lost, unknown and uncounted calls are mentioned", async () => {
    figures = makeFigures({
        own_only: true,
        waiting_rows: 20000,
        totals: makeTotals({
            calls: 9,
            cost_usd: 1,
            simulated_calls: 2,
            simulated_usd: 0.25,
            unknown_calls: 1,
            unknown_usd: 0.5,
        }),
        company_costs: [{ currency_id: 1, currency: "CLP", amount: 940.5, unknown: 3 }],
    });
    await openDashboard();
    expect(".o_account_ai_simulated").toHaveText(/US\$ 0.2500 of 2 calls are simulated/);
    expect(".o_account_ai_waiting").toHaveText(/20,000 calls are still being summed up/);
    expect(".o_account_ai_own").toHaveText("Your own usage");
    const notes = queryAllTexts(`${tile("spent")} .o_account_ai_note`);
    expect(notes[0]).toMatch(/940.50 CLP$/);
    expect(notes[1]).toBe("without 3 calls: there was no US$ rate");
    expect(notes[2]).toBe("US$ 0.5000 of it estimated: 1 answers were lost");
    await contains(".o_account_ai_simulated button").click();
    expect(opened[0]).toEqual(["simulated", {}]);
});

test("budgets show what is spent, reserved and left", async () => {
    const budget = { company: "", currency_id: 1, currency: "USD", ends_at: false, hard: true };
    figures = makeFigures({
        budgets: [
            { ...budget, id: 7, name: "Month", limit: 10, spent: 6, reserved: 1, left: 3 },
            { ...budget, id: false, name: "Mine", limit: 1, spent: 1.5, reserved: 0, left: -0.5, hard: false },
        ],
    });
    await openDashboard();
    const [month, mine] = [".o_account_ai_budget:first", ".o_account_ai_budget:last"];
    expect(`${month} .progress`).toHaveAttribute("aria-valuetext", "US$ 3.00 left");
    expect(`${month} .progress-bar:first`).toHaveStyle({ width: "60%" }, { inline: true });
    expect(`${month} .progress-bar:last`).toHaveStyle({ width: "10%" }, { inline: true });
    expect(`${mine} .progress`).toHaveAttribute("aria-valuetext", "US$ 0.5000 over");
    expect(`${mine} .progress-bar:first`).toHaveClass("bg-danger");
    expect(`${mine} .badge`).toHaveText("warns only");
    expect(`${mine} button`).toHaveCount(0);
    await contains(`${month} button`).click();
    expect(opened).toEqual([7]);
});

test("it shows that it is loading, and an error with a way to retry", async () => {
    const answer = new Deferred();
    onRpc("account.ai.dashboard", "get_figures", () => answer);
    await openDashboard();
    expect(".o_account_ai_skeleton").toBeVisible();
    expect(".o_account_ai_costs_page").toHaveAttribute("aria-busy", "true");
    answer.reject(makeServerError({ message: "The database is away" }));
    await animationFrame();
    await animationFrame();
    expect(".o_account_ai_skeleton").toHaveCount(0);
    expect(".o_account_ai_problem").toHaveText(/The database is away/);
    onRpc("account.ai.dashboard", "get_figures", () => figures);
    await contains(".o_account_ai_problem button").click();
    expect(".o_account_ai_problem").toHaveCount(0);
    expect(`${tile("spent")} .o_account_ai_value`).toHaveText("US$ 12.35");
});

test("only the answer to the last request is shown", async () => {
    await openDashboard();
    const slow = new Deferred();
    onRpc("account.ai.dashboard", "get_figures", ({ args }) =>
        args[0].period === "year" ? slow : makeFigures({ is_empty: true })
    );
    await contains(".o_account_ai_period select").select("year");
    await contains(".o_account_ai_period select").select("today");
    await animationFrame();
    slow.resolve(figures);
    await animationFrame();
    expect(".o_account_ai_costs_empty").toBeVisible();
});
