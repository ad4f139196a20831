import { Component } from "@odoo/owl";

import { _t } from "@web/core/l10n/translation";

/** How sure a verdict is, from 0 to 1, as a small bar with its figure. */
export class ConfidenceMeter extends Component {
    static template = "account_ai.ConfidenceMeter";
    static props = { confidence: { type: Number } };

    get percentage() {
        return Math.round(this.props.confidence * 100);
    }

    get title() {
        return _t("How sure the verdict is, from the evidence found: %s%", this.percentage);
    }
}
