import { browser } from "@web/core/browser/browser";

const HIGHLIGHT_DURATION = 2500;
const FOCUSABLE = "input:not([type=hidden]), textarea, select, button, a[href], [tabindex]";

/**
 * Leads the user to what a finding is about: the line or the field on the invoice's form,
 * or the partner's own form when the value belongs to the partner.
 */
export class FindingLocator {
    /**
     * @param {Object} params
     * @param {Object} params.action the action service
     * @param {Element} params.viewArch arch of the form, to know what is on which page
     */
    constructor({ action, viewArch }) {
        this.action = action;
        this.viewArch = viewArch;
    }

    /**
     * @param {import("./validation").Finding} finding
     * @param {Object} record of the form
     * @param {Element} form element that holds the form
     */
    async locate(finding, record, form) {
        if (finding.partner_id) {
            await this.openPartner(finding.partner_id, record);
        } else if (finding.line_id) {
            await this.showLine(finding, record, form);
        } else {
            await this.openPageOf(finding.field_name, form);
            reveal(await appearing(form, fieldSelector(finding.field_name)));
        }
    }

    /** @private */
    async openPartner(partnerId, record) {
        if (!(await record.save())) {
            return;
        }
        await this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "res.partner",
            res_id: partnerId,
            views: [[false, "form"]],
        });
    }

    /** @private */
    async showLine({ line_id, field_name }, record, form) {
        await this.openPageOf("invoice_line_ids", form);
        const lines = record.data.invoice_line_ids;
        const index = lines.currentIds.indexOf(line_id);
        if (index >= 0 && !lines.records.some(({ resId }) => resId === line_id)) {
            const offset = index - (index % lines.limit);
            await lines.load({ offset, limit: lines.limit });
        }
        const line = lines.records.find(({ resId }) => resId === line_id);
        const row = line && (await appearing(form, `[data-id="${line.id}"]`));
        const cell = row && field_name && row.querySelector(`td[name="${field_name}"]`);
        reveal(cell || row || form.querySelector(fieldSelector("invoice_line_ids")), row);
    }

    /** Only the open page of a notebook is rendered. @private */
    async openPageOf(fieldName, form) {
        const nodes = this.viewArch.querySelectorAll(`field[name="${fieldName}"]`);
        const node = [...nodes].find((candidate) => !candidate.parentElement.closest("field"));
        const page = node?.closest("page")?.getAttribute("name");
        const tab = page && form.querySelector(`.o_notebook_headers .nav-link[name="${page}"]`);
        if (tab && !tab.classList.contains("active")) {
            tab.click();
        }
    }
}

function fieldSelector(fieldName) {
    return `.o_field_widget[name="${fieldName}"]`;
}

/**
 * @param {Element} form
 * @param {string} selector
 * @returns {Promise<HTMLElement|null>} the element once it is rendered, `null` when the
 *  next frames do not bring it (a field that this form does not show)
 */
async function appearing(form, selector) {
    for (let frame = 0; frame < 10; frame++) {
        const element = form.querySelector(selector);
        if (element) {
            return element;
        }
        await new Promise((resolve) => browser.requestAnimationFrame(resolve));
    }
    return null;
}

/**
 * @param {HTMLElement|null} element to scroll to and to focus
 * @param {HTMLElement} [highlighted] what is marked for a moment
 */
function reveal(element, highlighted) {
    if (!element) {
        return;
    }
    element.scrollIntoView({ block: "center", behavior: "smooth" });
    const focusable = element.querySelector(FOCUSABLE);
    if (focusable) {
        focusable.focus({ preventScroll: true });
    } else {
        element.tabIndex = -1;
        element.focus({ preventScroll: true });
    }
    const marked = highlighted || element;
    marked.classList.add("o_account_ai_highlight");
    browser.setTimeout(
        () => marked.classList.remove("o_account_ai_highlight"),
        HIGHLIGHT_DURATION
    );
}
