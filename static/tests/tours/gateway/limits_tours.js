import { registry } from "@web/core/registry";

const PANEL = ".o_account_ai_panel";
const DONE = `${PANEL}[data-state=done]`;
const DIALOG = ".modal .o_account_ai_queueing";

const VALIDATE = {
    content: "Validate",
    trigger: ".o_form_statusbar .o_account_ai_validate",
    run: "click",
};

/** These tours start on the form of a draft that Python has made. */
registry.category("web_tour.tours").add("account_ai_refused_by_budget", {
    steps: () => [
        VALIDATE,
        {
            content: "The rules have answered, and the budget is named with its figures",
            trigger: `${DONE} .o_account_ai_degraded[data-code=budget]:contains(Noviembre):contains(US$)`,
        },
        {
            content: "Without Claude it is a review at best",
            trigger: `${DONE} .o_account_ai_verdict[data-verdict=review]`,
        },
        {
            content: "It says from when on it makes sense to try again, and holds nobody back",
            trigger: `${DONE} .o_account_ai_waiting:contains(It makes sense to try again from) .o_account_ai_try_again:enabled`,
        },
        {
            content: "A budget is not passed by waiting in the queue",
            trigger: `${DONE} .o_account_ai_waiting:not(:has(.o_account_ai_queue))`,
        },
    ],
});

registry.category("web_tour.tours").add("account_ai_refused_by_limit", {
    steps: () => [
        VALIDATE,
        {
            content: "It says what happened",
            trigger: `${DONE} .o_account_ai_degraded[data-code=too_many_requests]:contains(at most 1)`,
        },
        {
            content: "It counts down, and nobody can press in vain",
            trigger: `${DONE} .o_account_ai_waiting:contains(seconds) .o_account_ai_try_again:disabled`,
        },
        {
            content: "Who does not want to wait leaves it to the queue",
            trigger: `${DONE} .o_account_ai_queue`,
            run: "click",
        },
        {
            trigger: `${PANEL}[data-state=running] .o_account_ai_progress:contains(Waiting in the queue)`,
        },
        {
            content: "There is nothing left to wait for here",
            trigger: `${PANEL}:not(:has(.o_account_ai_waiting))`,
        },
    ],
});

/** Opens the dialog for all invoices of the list; these tours start there. */
const OPEN_DIALOG = [
    {
        content: "Select all",
        trigger: "thead .o_list_record_selector input",
        run: "click",
    },
    {
        trigger: ".o_cp_action_menus button:has(.fa-cog)",
        run: "click",
    },
    {
        trigger: ".o-dropdown--menu .o-dropdown-item:contains(Validate with AI)",
        run: "click",
    },
    {
        content: "How many there are",
        trigger: `${DIALOG} [name=document_count]:contains(3)`,
    },
    {
        content: "What they may cost at most",
        trigger: `${DIALOG} [name=worst_usd]:contains(0.0)`,
    },
];

registry.category("web_tour.tours").add("account_ai_queue_many", {
    steps: () => [
        ...OPEN_DIALOG,
        {
            content: "The button that goes on has the focus: Enter is enough",
            trigger: ".modal footer .btn-primary[name=action_confirm]:focus",
            run: "press Enter",
        },
        {
            content: "It says that they are on their way",
            trigger: ".o_notification:contains(3 documents are being validated)",
        },
        {
            trigger: "body:not(:has(.modal))",
        },
    ],
});

registry.category("web_tour.tours").add("account_ai_queue_many_after_all_not", {
    steps: () => [
        ...OPEN_DIALOG,
        {
            content: "The keyboard closes it as well",
            trigger: ".modal footer .btn-primary[name=action_confirm]:focus",
            run: "press Escape",
        },
        {
            trigger: "body:not(:has(.modal)) .o_list_view",
        },
    ],
});
