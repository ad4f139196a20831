import { Component } from "@odoo/owl";

import { _t } from "@web/core/l10n/translation";

/** Whether the form can lead to what a finding is about.
 *
 * @param {import("./validation").Finding} finding
 */
function isLocatable({ field_name, line_id, partner_id }) {
    return Boolean(field_name || line_id || partner_id);
}

/** One finding: what is wrong, what was seen, what to do, and who says so. */
export class FindingItem extends Component {
    static template = "account_ai.FindingItem";
    static props = {
        finding: { type: Object },
        onLocate: { type: Function },
    };

    get isLocatable() {
        return isLocatable(this.props.finding);
    }

    get color() {
        return { error: "danger", warning: "warning", information: "info" }[
            this.props.finding.severity
        ];
    }

    get originLabel() {
        return this.props.finding.origin === "model" ? _t("Claude") : _t("Rules");
    }

    get originTitle() {
        return this.props.finding.origin === "model"
            ? _t("Found by Claude, reading the document")
            : _t("Found by a fixed rule; Claude cannot overrule it");
    }

    /** Where it is, in words: the line, or the partner that has to be mended. */
    get place() {
        const { line, partner_id } = this.props.finding;
        if (line) {
            return _t("Line %s", line);
        }
        return partner_id ? _t("Contact") : "";
    }

    get locateTitle() {
        const { partner_id } = this.props.finding;
        return partner_id ? _t("Open the contact") : _t("Show it in the document");
    }
}
