import { registry } from "@web/core/registry";

const REFERENCES = ".o_field_widget[name=account_ai_reference_ids]";

/** Starts on the form of a posted invoice that Python has made. */
registry.category("web_tour.tours").add("account_ai_note_with_its_reference", {
    steps: () => [
        {
            content: "Make a credit note",
            trigger: ".o_form_statusbar button[name=action_reverse]",
            run: "click",
        },
        {
            content: "Say why",
            trigger: ".modal .o_field_widget[name=reason] input",
            run: "edit Devolución de bombas",
        },
        {
            trigger: ".modal button[name=refund_moves]",
            run: "click",
        },
        {
            content: "The note is a draft of its own",
            trigger:
                "body:not(:has(.modal)) .o_form_view .o_field_widget[name=move_type]:contains(Credit Note)",
        },
        {
            content: "Look at what it refers to",
            trigger: ".o_notebook .nav-link[name=account_ai_references]",
            run: "click",
        },
        {
            content: "It is the invoice, with its folio and the reason",
            trigger: `${REFERENCES} .o_data_row:has(td[name=document_type_id]:contains("(33)")):has(td[name=folio]:contains("1")) td[name=reason]:contains(Devolución de bombas)`,
        },
        {
            content: "All of it: the note annuls the invoice",
            trigger: `${REFERENCES} .o_data_row td[name=code]:contains(Annuls)`,
        },
        {
            content: "Take back only a part",
            trigger: ".o_notebook .nav-link[name=invoice_tab]",
            run: "click",
        },
        {
            trigger:
                ".o_field_widget[name=invoice_line_ids] .o_data_row td[name=price_unit]",
            run: "click",
        },
        {
            trigger:
                ".o_field_widget[name=invoice_line_ids] .o_data_row [name=price_unit] input",
            run: "edit 50000",
        },
        {
            content: "Save it",
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            trigger: ".o_form_saved",
        },
        {
            trigger: ".o_notebook .nav-link[name=account_ai_references]",
            run: "click",
        },
        {
            content: "Now it corrects amounts",
            trigger: `${REFERENCES} .o_data_row td[name=code]:contains(Corrects its amounts)`,
        },
    ],
});
