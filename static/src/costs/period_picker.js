import { Component, useState } from "@odoo/owl";

import { _t } from "@web/core/l10n/translation";

import { formatDay } from "./figures_format";

const PERIODS = [
    { name: "today", label: _t("Today") },
    { name: "week", label: _t("Last 7 days") },
    { name: "month", label: _t("This month") },
    { name: "last_month", label: _t("Last month") },
    { name: "quarter", label: _t("This quarter") },
    { name: "year", label: _t("This year") },
    { name: "custom", label: _t("Custom") },
];

/** Chooses the days that are looked at. */
export class PeriodPicker extends Component {
    static template = "account_ai.PeriodPicker";
    static props = {
        filters: { type: Object },
        /** What the server made of it; none before the first answer. */
        period: { type: [Object, { value: null }] },
        onChange: { type: Function },
    };

    setup() {
        this.periods = PERIODS;
        this.state = useState({ isCustom: this.props.filters.period === "custom" });
    }

    get range() {
        const { begin, end } = this.props.period;
        return begin === end ? formatDay(begin) : `${formatDay(begin)} – ${formatDay(end)}`;
    }

    get begin() {
        return this.props.filters.begin || this.props.period?.begin;
    }

    get end() {
        return this.props.filters.end || this.props.period?.end;
    }

    onSelect(ev) {
        const period = ev.target.value;
        this.state.isCustom = period === "custom";
        if (this.state.isCustom) {
            const { begin, end } = this.props.period || {};
            if (begin) {
                this.props.onChange({ period, begin, end });
            }
        } else {
            this.props.onChange({ period, begin: undefined, end: undefined });
        }
    }

    /** @param {"begin"|"end"} name */
    onDay(name, ev) {
        if (ev.target.value) {
            const days = { begin: this.begin, end: this.end, [name]: ev.target.value };
            this.props.onChange({ period: "custom", ...days });
        }
    }
}
