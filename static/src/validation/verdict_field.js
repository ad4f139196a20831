import { Component } from "@odoo/owl";

import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

import { VerdictBadge } from "./verdict_badge";

/**
 * The verdict of an invoice in lists and kanban, faded when the invoice has changed; a
 * simulated one says so.
 */
export class VerdictField extends Component {
    static template = "account_ai.VerdictField";
    static components = { VerdictBadge };
    static props = {
        ...standardFieldProps,
        staleField: { type: String, optional: true },
        simulatedField: { type: String, optional: true },
    };

    get verdict() {
        return this.props.record.data[this.props.name];
    }

    get stale() {
        return this.isTrue(this.props.staleField);
    }

    get simulated() {
        return this.isTrue(this.props.simulatedField);
    }

    isTrue(fieldName) {
        return Boolean(fieldName && this.props.record.data[fieldName]);
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
        {
            label: _t("Field that tells whether the verdict is simulated"),
            name: "simulated_field",
            type: "field",
            availableTypes: ["boolean"],
        },
    ],
    fieldDependencies: ({ options }) =>
        [options.stale_field, options.simulated_field]
            .filter(Boolean)
            .map((name) => ({ name, type: "boolean", readonly: true })),
    extractProps: ({ options }) => ({
        staleField: options.stale_field,
        simulatedField: options.simulated_field,
    }),
};

registry.category("fields").add("account_ai_verdict", verdictField);
