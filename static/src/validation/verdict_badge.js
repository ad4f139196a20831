import { Component } from "@odoo/owl";

import { _t } from "@web/core/l10n/translation";

/** What each verdict is called, and the Bootstrap colour and icon that go with it. */
export const VERDICTS = {
    send: { label: _t("Send"), color: "success", icon: "fa-check-circle" },
    review: { label: _t("Review"), color: "warning", icon: "fa-eye" },
    reject: { label: _t("Reject"), color: "danger", icon: "fa-times-circle" },
};

/** A verdict as a coloured badge; the colour is never the only sign. */
export class VerdictBadge extends Component {
    static template = "account_ai.VerdictBadge";
    static props = {
        verdict: { type: String },
        stale: { type: Boolean, optional: true },
    };
    static defaultProps = { stale: false };

    get display() {
        return VERDICTS[this.props.verdict];
    }

    get title() {
        return this.props.stale
            ? _t("The document has changed since this verdict.")
            : _t("Verdict of the AI validation");
    }
}
