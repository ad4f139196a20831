import { Component } from "@odoo/owl";

import { formatCount, formatShare, formatTokens, formatUsd } from "./figures_format";

/** What was spent by one thing: operation, agent, user, model or company. */
export class BreakdownTable extends Component {
    static template = "account_ai.BreakdownTable";
    static props = {
        table: { type: Object },
        /** Called with what to drill down to. */
        onOpen: { type: Function },
    };

    setup() {
        this.formatCount = formatCount;
        this.formatShare = formatShare;
        this.formatTokens = formatTokens;
        this.formatUsd = formatUsd;
    }

    get rows() {
        const { rows, others } = this.props.table;
        return others ? [...rows, { ...others, isOthers: true }] : rows;
    }

    /** Width of the bar behind a row; a correction may make a cost negative. */
    width(row) {
        return Math.min(100, Math.max(0, row.share * 100));
    }

    onRow(row) {
        const { dimension, rows } = this.props.table;
        const values = row.isOthers ? rows.map(({ key }) => key) : [row.key];
        this.props.onOpen({ dimension, values, excluded: Boolean(row.isOthers) });
    }
}
