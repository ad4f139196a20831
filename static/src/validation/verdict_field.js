import { Component } from "@odoo/owl";

import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

import { VerdictBadge } from "./verdict_badge";

/** The verdict of an invoice in lists and kanban, faded when the invoice has changed. */
export class VerdictField extends Component {
    static template = "account_ai.VerdictField";
    static components = { VerdictBadge };
    static props = {
        ...standardFieldProps,
        staleField: { type: String, optional: true },
    };

    get verdict() {
        return this.props.record.data[this.props.name];
    }

    get stale() {
        return Boolean(this.props.staleField && this.props.record.data[this.props.staleField]);
    }
}

export const verdictField = {
    component: VerdictField,
    displayName: _t("AI verdict"),
    supportedTypes: ["selection"],
    supportedOptions: [
        {
            label: _t("Field that tells whether the verdict is out of date"),
            name: "stale_field",
            type: "field",
            availableTypes: ["boolean"],
        },
    ],
    fieldDependencies: ({ options }) =>
        options.stale_field
            ? [{ name: options.stale_field, type: "boolean", readonly: true }]
            : [],
    extractProps: ({ options }) => ({ staleField: options.stale_field }),
};

registry.category("fields").add("account_ai_verdict", verdictField);
