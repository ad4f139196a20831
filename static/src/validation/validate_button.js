import { Component, useState } from "@odoo/owl";

import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

import { useValidate } from "./validate_hook";

/** The button "Validate with AI" in the header of an invoice. */
export class ValidateButton extends Component {
    static template = "account_ai.ValidateButton";
    static props = { ...standardWidgetProps };

    setup() {
        this.validations = useState(useService("account_ai_validation"));
        this.validate = useValidate();
    }

    get isRunning() {
        const { resId } = this.props.record;
        return Boolean(resId && this.validations.validations[resId]?.isRunning);
    }

    async onClick() {
        await this.validate(this.props.record);
    }
}

registry.category("view_widgets").add("account_ai_validate_button", {
    component: ValidateButton,
});
