import { Component } from "@odoo/owl";

import { Dropdown } from "@web/core/dropdown/dropdown";
import { CheckboxItem } from "@web/core/dropdown/checkbox_item";
import { _t } from "@web/core/l10n/translation";

/** Chooses among the companies that one may see; at least one is left. */
export class CompanyPicker extends Component {
    static template = "account_ai.CompanyPicker";
    static components = { CheckboxItem, Dropdown };
    static props = {
        companies: { type: Array, element: Object },
        onChange: { type: Function },
    };

    get selected() {
        return this.props.companies.filter(({ selected }) => selected);
    }

    get label() {
        const { length } = this.selected;
        if (length === this.props.companies.length) {
            return _t("All companies");
        }
        return length === 1 ? this.selected[0].name : _t("%s companies", length);
    }

    onToggle(company) {
        const ids = new Set(this.selected.map(({ id }) => id));
        if (!ids.delete(company.id)) {
            ids.add(company.id);
        }
        if (ids.size) {
            this.props.onChange({ companies: [...ids] });
        }
    }
}
