import { registry } from "@web/core/registry";

const DIALOG = ".modal .o_account_ai_posting";
const CONFIRM = ".o_form_statusbar button[name=action_post]:visible";
const FOOTER = ".modal-footer";

/** The tours start on the form of a draft that Python has made, or on the list. */
registry.category("web_tour.tours").add("account_ai_posting_overridden", {
    steps: () => [
        {
            content: "Confirm the invoice",
            trigger: CONFIRM,
            run: "click",
        },
        {
            content: "The policy forbids it, and the error is shown",
            trigger: `${DIALOG}:has(.alert-danger) .o_data_row:contains(77812345-9)`,
        },
        {
            content: "It cannot simply be confirmed",
            trigger: `${FOOTER}:not(:has(button[name=action_confirm]:visible))`,
        },
        {
            content: "Override without a reason",
            trigger: `${FOOTER} button[name=action_override]`,
            run: "click",
        },
        {
            content: "A reason is asked for",
            trigger: ".modal:contains(Write why the policy is overridden) button:contains(Close)",
            run: "click",
        },
        {
            content: "Write it",
            trigger: `${DIALOG} .o_field_widget[name=reason] textarea`,
            run: "edit El SII confirmó el RUT por escrito",
        },
        {
            content: "Override",
            trigger: `${FOOTER} button[name=action_override]`,
            run: "click",
        },
        {
            content: "The invoice is posted, and its history says why",
            trigger: "body:not(:has(.modal)) .o-mail-Message:contains(El SII confirmó el RUT)",
        },
    ],
});

registry.category("web_tour.tours").add("account_ai_posting_blocked", {
    steps: () => [
        {
            trigger: CONFIRM,
            run: "click",
        },
        {
            content: "Who may not override is told to ask",
            trigger: `${DIALOG} .alert-danger:contains(ask somebody who may override)`,
        },
        {
            content: "There is no way on",
            trigger: `${FOOTER}:not(:has(button[name=action_override]:visible)):not(:has(button[name=action_confirm]:visible))`,
        },
        {
            content: "Go back",
            trigger: `${FOOTER} button:contains(Go back)`,
            run: "click",
        },
        {
            content: "It is a draft still",
            trigger: `body:not(:has(.modal)) ${CONFIRM}`,
        },
    ],
});

registry.category("web_tour.tours").add("account_ai_posting_phone", {
    steps: () => [
        {
            trigger: CONFIRM,
            run: "click",
        },
        {
            content: "The error is a card that fits the screen",
            trigger: `${DIALOG} .o_kanban_record:contains(77812345-9)`,
            run() {
                const { left, right } = this.anchor.getBoundingClientRect();
                if (left < 0 || right > window.innerWidth) {
                    throw new Error(`from ${left} to ${right} of ${window.innerWidth}`);
                }
            },
        },
        {
            content: "Go back",
            trigger: `${FOOTER} button:contains(Go back)`,
            run: "click",
        },
        {
            content: "It is a draft still",
            trigger: `body:not(:has(.modal)) ${CONFIRM}`,
        },
    ],
});

registry.category("web_tour.tours").add("account_ai_posting_list", {
    steps: () => [
        {
            content: "Select all",
            trigger: ".o_list_view thead .o_list_record_selector input",
            run: "click",
        },
        {
            content: "Open the actions",
            trigger: ".o_control_panel .o_cp_action_menus button:has(.fa-cog)",
            run: "click",
        },
        {
            content: "Confirm the entries",
            trigger: ".o-dropdown--menu .o-dropdown-item:contains(Confirm Entries)",
            run: "click",
        },
        {
            content: "Two of them have findings",
            trigger: `${DIALOG}:has(.o_data_row:contains(Aromos)):has(.o_data_row:contains(Boldo))`,
        },
        {
            content: "Post all the same",
            trigger: `${FOOTER} button[name=action_confirm]`,
            run: "click",
        },
        {
            content: "The list has been loaded again",
            trigger: "body:not(:has(.modal)) .o_list_view:not(:contains(Draft))",
        },
    ],
});
