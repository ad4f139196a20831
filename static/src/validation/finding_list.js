import { Component } from "@odoo/owl";

import { _t } from "@web/core/l10n/translation";

import { FindingItem } from "./finding_item";

const GROUPS = [
    { severity: "error", title: _t("Errors"), icon: "fa-times-circle text-danger" },
    { severity: "warning", title: _t("Warnings"), icon: "fa-exclamation-triangle text-warning" },
    { severity: "information", title: _t("Information"), icon: "fa-info-circle text-info" },
    { severity: "dismissed", title: _t("Dismissed"), icon: "fa-ban text-muted" },
];

/** Findings grouped by how much they weigh, the heaviest first, the dismissed ones last. */
export class FindingList extends Component {
    static template = "account_ai.FindingList";
    static components = { FindingItem };
    static props = {
        findings: { type: Array, element: Object },
        onLocate: { type: Function },
    };

    get groups() {
        return GROUPS.map((group) => ({
            ...group,
            findings: this.props.findings.filter(
                (f) => (f.dismissed ? "dismissed" : f.severity) === group.severity
            ),
        })).filter(({ findings }) => findings.length);
    }
}
