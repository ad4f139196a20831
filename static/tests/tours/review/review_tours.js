import { registry } from "@web/core/registry";

const SELECTED = ".o_account_ai_review_finding[aria-current=true]";

/** Two invoices wait: the dearer one with a wrong RUT and a vague line, then another. */
registry.category("web_tour.tours").add("account_ai_review_with_the_keyboard", {
    steps: () => [
        {
            content: "The most_expensive invoice comes first, its error is looked at",
            trigger: `.o_account_ai_review_item.o_account_ai_selected:contains(119)`,
        },
        {
            content: "The keys stand on the screen; F is a false alarm",
            trigger: `.o_account_ai_review:has(.o_account_ai_shortcuts kbd:contains(F)) ${SELECTED} [data-code=RUT_DV]`,
            run: "press f",
        },
        {
            content: "It asks why; 2 is the second reason",
            trigger: ".o_account_ai_reason",
            run: "press 2",
        },
        {
            trigger: ".o_account_ai_reason input[value=misread]:checked",
            run: "press Enter",
        },
        {
            content: "The error is dismissed, with who and why; the warning is next",
            trigger: `.o_account_ai_review_invoice:has([data-code=RUT_DV][data-dismissed]) ${SELECTED} [data-code=SEM_VAGUE_DESC]`,
            run: "press a",
        },
        {
            content: "Acceptance takes a reason too: another one, in own words",
            trigger: ".o_account_ai_reason",
            run: "press 4",
        },
        {
            trigger: ".o_account_ai_reason input[value=other]:checked",
        },
        {
            trigger: ".o_account_ai_note",
            run: "edit The contract describes the service",
        },
        {
            trigger: ".o_account_ai_note",
            run: "press Enter",
        },
        {
            content: "The first invoice is done, the second one is looked at",
            trigger: `.o_account_ai_review:not(:has(.o_account_ai_reason)):has(.o_account_ai_review_item:only-of-type) ${SELECTED} [data-code=RUT_DV]`,
            run: "press j",
        },
        {
            content: "Down to its last finding and back",
            trigger: `${SELECTED} [data-code=SEM_VAGUE_DESC]`,
            run: "press k",
        },
        {
            trigger: `${SELECTED} [data-code=RUT_DV]`,
            run: "press c",
        },
        {
            content: "It is confirmed; take that back",
            trigger: `.o_account_ai_review_invoice:has([data-code=RUT_DV] .o_account_ai_decision) ${SELECTED} [data-code=SEM_VAGUE_DESC]`,
            run: "press u",
        },
        {
            content: "Then open the invoice",
            trigger: `${SELECTED} [data-code=RUT_DV]:not(:has(.o_account_ai_decision))`,
            run: "press Enter",
        },
        {
            trigger: ".o_form_view .o_account_ai_panel[data-state=done] [data-code=RUT_DV]",
        },
        {
            content: "Back in the queue, that invoice is still looked at",
            trigger: ".o_back_button, .breadcrumb-item a:contains(Review)",
            run: "click",
        },
        {
            trigger: `${SELECTED} [data-code=RUT_DV]`,
        },
    ],
});
