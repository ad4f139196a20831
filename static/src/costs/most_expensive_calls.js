import { Component } from "@odoo/owl";

import { formatMoment, formatTokens, formatUsd } from "./figures_format";

/** The calls that cost most, each with its row of the ledger. */
export class MostExpensiveCalls extends Component {
    static template = "account_ai.MostExpensiveCalls";
    static props = {
        calls: { type: Array, element: Object },
        /** Called with the id of a row of the ledger. */
        onOpen: { type: Function },
    };

    setup() {
        this.formatMoment = formatMoment;
        this.formatTokens = formatTokens;
        this.formatUsd = formatUsd;
    }
}
