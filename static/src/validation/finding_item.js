import { Component } from "@odoo/owl";

import { deserializeDateTime, formatDateTime } from "@web/core/l10n/dates";
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
        if (this.props.finding.dismissed) {
            return "secondary";
        }
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

    /** Where it is, in words: the line, or the partner that has to be corrected. */
    get place() {
        const { line, partner_id } = this.props.finding;
        if (line) {
            return _t("Line %s", line);
        }
        return partner_id ? _t("Contact") : "";
    }

    /** What a person decided about it, who, when and why. */
    get decision() {
        const { disposition, dismissed } = this.props.finding;
        if (!disposition) {
            return dismissed ? _t("Dismissed") : "";
        }
        const { label, user, date, reason } = disposition;
        const who = _t("%(decision)s by %(user)s, %(date)s", {
            decision: label,
            user,
            date: formatDateTime(deserializeDateTime(date)),
        });
        return reason ? `${who} – ${reason}` : who;
    }

    get locateTitle() {
        const { partner_id } = this.props.finding;
        return partner_id ? _t("Open the contact") : _t("Show it in the document");
    }
}
