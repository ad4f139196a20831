import { registry } from "@web/core/registry";

const PANEL = ".o_account_ai_panel";
const DONE = `${PANEL}[data-state=done]`;

/** The tours start on the form of a draft that Python has made. */
registry.category("web_tour.tours").add("account_ai_validate_correct_validate_again", {
    steps: () => [
        {
            content: "A document that was never validated invites to it",
            trigger: `${PANEL}[data-state=none] .o_account_ai_invite`,
        },
        {
            content: "Validate it",
            trigger: ".o_form_statusbar .o_account_ai_validate",
            run: "click",
        },
        {
            content: "The rules answer while Claude is still reading",
            trigger: `${PANEL}[data-state=running] .o_account_ai_finding[data-code=RUT_DV][data-origin=rule]`,
        },
        {
            content: "Claude's finding on the vague line comes too",
            trigger: `${PANEL} .o_account_ai_finding[data-code=SEM_VAGUE_DESC][data-origin=model]`,
        },
        {
            content: "The verdict, with what it cost",
            trigger: `${DONE}:has(.o_account_ai_cost):has(.o_account_ai_simulated) .o_account_ai_verdict[data-verdict=reject]`,
        },
        {
            content: "The form has been loaded again: its history counts one",
            trigger: ".o_control_panel button[name=action_account_ai_validations]:contains(1)",
        },
        {
            content: "Claude's finding leads to its line",
            trigger: `${DONE} .o_account_ai_finding[data-code=SEM_VAGUE_DESC] .o_account_ai_locate`,
            run: "click",
        },
        {
            content: "The line is marked",
            trigger: ".o_field_widget[name=invoice_line_ids] .o_data_row.o_account_ai_highlight",
        },
        {
            content: "The rule's finding leads to the contact that has to be mended",
            trigger: `${DONE} .o_account_ai_finding[data-code=RUT_DV] .o_account_ai_locate`,
            run: "click",
        },
        {
            content: "Write the right RUT",
            trigger: ".o_form_view:not(:has(.o_account_ai_panel)) .o_field_widget[name=vat] input",
            run: "edit 77812345-2",
        },
        {
            content: "Save the contact",
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "Go back to the invoice once the contact is saved",
            trigger: ".o_form_view:has(.o_form_saved) .o_back_button",
            run: "click",
        },
        {
            content: "The verdict is stale now",
            trigger: `${DONE} .o_account_ai_stale`,
        },
        {
            content: "Validate again",
            trigger: `${DONE} .o_account_ai_run`,
            run: "click",
        },
        {
            content: "The mended error is gone, the vague line is still there",
            trigger: `${DONE}:not(:has([data-code=RUT_DV])):not(:has(.o_account_ai_stale)):has([data-code=SEM_VAGUE_DESC]) .o_account_ai_verdict[data-verdict=review]`,
        },
    ],
});

registry.category("web_tour.tours").add("account_ai_validate_without_claude", {
    steps: () => [
        {
            trigger: ".o_form_statusbar .o_account_ai_validate",
            run: "click",
        },
        {
            content: "The rules have answered, one sentence says why Claude has not",
            trigger: `${DONE}:has(.o_account_ai_finding[data-origin=rule]) .o_account_ai_degraded[data-code=connection]`,
        },
        {
            content: "Without Claude, and with a warning of the rules, it is a review",
            trigger: `${DONE} .o_account_ai_verdict[data-verdict=review]`,
        },
        {
            content: "The spinner has stopped",
            trigger: `${DONE}:not(:has(.o_account_ai_running)) .o_account_ai_run:enabled`,
        },
    ],
});
