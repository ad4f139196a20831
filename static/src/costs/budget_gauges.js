import { Component } from "@odoo/owl";

import { _t } from "@web/core/l10n/translation";

import { formatMoment, formatMoney } from "./figures_format";

/** How much of each budget is spent, is reserved, and is left. */
export class BudgetGauges extends Component {
    static template = "account_ai.BudgetGauges";
    static props = {
        budgets: { type: Array, element: Object },
        /** Called with the id of a budget. */
        onOpen: { type: Function },
    };

    money(budget, amount) {
        return formatMoney(amount, budget);
    }

    /** Share of the limit, in per cent; a budget that only warns may be passed. */
    percent(budget, amount) {
        return Math.min(100, Math.max(0, (100 * amount) / budget.limit));
    }

    color(budget) {
        const used = (budget.spent + budget.reserved) / budget.limit;
        if (used >= 1) {
            return "bg-danger";
        }
        return used >= 0.8 ? "bg-warning" : "bg-success";
    }

    words(budget) {
        const left = this.money(budget, Math.abs(budget.left));
        const state = budget.left < 0 ? _t("%s over", left) : _t("%s left", left);
        return budget.ends_at
            ? _t("%(state)s until %(moment)s", { state, moment: formatMoment(budget.ends_at) })
            : state;
    }
}
