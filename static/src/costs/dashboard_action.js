import { Component, onWillStart, useState } from "@odoo/owl";

import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { useSetupAction } from "@web/search/action_hook";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

import { BreakdownTable } from "./breakdown_table";
import { BudgetGauges } from "./budget_gauges";
import { CompanyPicker } from "./company_picker";
import { CostFigures } from "./cost_figures";
import { MostExpensiveCalls } from "./most_expensive_calls";
import { FigureTile } from "./figure_tile";
import {
    formatCount,
    formatDay,
    formatMoney,
    formatSeconds,
    formatShare,
    formatUsd,
} from "./figures_format";
import { PeriodPicker } from "./period_picker";
import { SpendChart } from "./spend_chart";
import { TokenShares } from "./token_shares";

/** What Claude costs; every figure leads to the rows of the ledger behind it. */
export class DashboardAction extends Component {
    static template = "account_ai.DashboardAction";
    static components = {
        BreakdownTable,
        BudgetGauges,
        CompanyPicker,
        MostExpensiveCalls,
        FigureTile,
        Layout,
        PeriodPicker,
        SpendChart,
        TokenShares,
    };
    static props = { ...standardActionServiceProps };
    static displayName = _t("Costs");

    setup() {
        this.action = useService("action");
        this.notification = useService("notification");
        this.figures = useState(new CostFigures(useService("orm"), this.props.state?.filters));
        this.formatCount = formatCount;
        useSetupAction({ getLocalState: () => ({ filters: { ...this.figures.filters } }) });
        onWillStart(() => {
            // Not awaited: the screen shows that it is loading.
            this.figures.load();
        });
    }

    // ------------------------------------------------------------------------------
    // What is shown
    // ------------------------------------------------------------------------------

    get data() {
        return this.figures.data;
    }

    get tiles() {
        const { totals, forecast } = this.data;
        const tiles = [
            {
                name: "spent",
                title: _t("Spent"),
                value: formatUsd(totals.cost_usd),
                notes: this.spentNotes,
            },
        ];
        if (forecast) {
            tiles.push(this.forecastTile);
        }
        tiles.push(
            {
                name: "reserved",
                title: _t("Reserved"),
                value: formatUsd(totals.reserved_usd),
                notes: [_t("%s calls under way", formatCount(totals.open_calls))],
                help: _t("Calls under way stand at the most that they may cost."),
            },
            {
                name: "calls",
                title: _t("Calls"),
                value: formatCount(totals.calls),
                notes: [_t("%s of them from the answer store", formatCount(totals.stored_calls))],
            },
            ...this.savingTiles,
            ...this.qualityTiles
        );
        return tiles;
    }

    get spentNotes() {
        const { company_costs, totals } = this.data;
        const notes = [];
        for (const cost of company_costs) {
            notes.push(formatMoney(cost.amount, cost));
            if (cost.unknown) {
                const calls = formatCount(cost.unknown);
                notes.push(_t("without %s calls: there was no US$ rate", calls));
            }
        }
        if (totals.unknown_calls) {
            notes.push(
                _t("%(amount)s of it estimated: %(calls)s answers were lost", {
                    amount: formatUsd(totals.unknown_usd),
                    calls: formatCount(totals.unknown_calls),
                })
            );
        }
        return notes;
    }

    get forecastTile() {
        const { end, total_usd, history_days } = this.data.forecast;
        const known = total_usd !== null;
        return {
            name: "forecast",
            title: _t("Forecast to %s", formatDay(end)),
            value: known ? formatUsd(total_usd) : _t("n/a"),
            notes: [
                known
                    ? _t("from the weekdays of the last %s days", history_days)
                    : _t("after a first whole day"),
            ],
            help: _t(
                "Spent and reserved this month, and for each day left the mean of the same weekdays of the last four weeks."
            ),
        };
    }

    get savingTiles() {
        const { saved, cost_usd } = this.data.totals;
        const without = saved.total + cost_usd;
        const tile = (name, title, help) => ({
            name,
            title,
            help,
            value: formatUsd(saved[name]),
            notes: [_t("%s of the full price", formatShare(without > 0 ? saved[name] / without : 0))],
        });
        return [
            tile(
                "cache",
                _t("Saved by caching"),
                _t("Input read from the prompt cache, less what writing to it cost more.")
            ),
            tile("batch", _t("Saved by batches"), _t("Less than the same as single calls.")),
            tile(
                "store",
                _t("Saved by the answer store"),
                _t("The same question about the same facts is not paid twice.")
            ),
        ];
    }

    get qualityTiles() {
        const { latency, errors, error_rate } = this.data.totals;
        return [
            {
                name: "answered",
                title: _t("Latency, median"),
                value: formatSeconds(latency.p50_ms),
                notes: [_t("95 of 100 within %s", formatSeconds(latency.p95_ms))],
                help: _t("Of answers by Claude, from a histogram."),
            },
            {
                name: "errors",
                title: _t("Errors"),
                value: formatShare(error_rate),
                notes: [_t("%s calls", formatCount(errors))],
            },
        ];
    }

    get simulatedNote() {
        const { totals } = this.data;
        if (!totals.simulated_calls) {
            return "";
        }
        return _t("%(amount)s of %(calls)s calls are simulated: nobody bills them.", {
            amount: formatUsd(totals.simulated_usd),
            calls: formatCount(totals.simulated_calls),
        });
    }

    get hasSeveralCompanies() {
        return this.data?.companies.length > 1;
    }

    // ------------------------------------------------------------------------------
    // What happens
    // ------------------------------------------------------------------------------

    onChange(changes) {
        this.figures.load(changes);
    }

    /**
     * @param {string} figure
     * @param {Object} [detail]
     */
    async open(figure, detail) {
        const { action, notice } = await this.figures.drillDown(figure, detail);
        if (notice) {
            this.notification.add(notice, { type: "info" });
        }
        await this.action.doAction(action);
    }

    onTile(name) {
        return name === "forecast" ? undefined : () => this.open(name);
    }

    async openRecord(model, id) {
        await this.action.doAction({
            type: "ir.actions.act_window",
            res_model: model,
            res_id: id,
            views: [[false, "form"]],
        });
    }
}

registry.category("actions").add("account_ai_costs", DashboardAction);
