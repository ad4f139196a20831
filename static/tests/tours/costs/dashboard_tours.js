import { registry } from "@web/core/registry";

const TILE = ".o_account_ai_tile";
const BACK = ".breadcrumb-item a:contains(Costs), .o_back_button";

/** Three calls of today, one of them a chat of US$ 0.25; one of three days ago. */
registry.category("web_tour.tours").add("account_ai_dashboard_drill_down", {
    steps: () => [
        {
            content: "The figures of today",
            trigger: `.o_account_ai_costs:has(${TILE}) .o_account_ai_period select`,
            run: "select today",
        },
        {
            trigger: `${TILE}[data-figure=spent]:contains(US$ 0.3500)`,
        },
        {
            content: "What was the chat?",
            trigger: ".o_account_ai_breakdown[data-dimension=operation] button:contains(Chat)",
            run: "click",
        },
        {
            content: "One row of the ledger",
            trigger: ".o_list_view:not(:has(.o_data_row ~ .o_data_row)) .o_data_cell[name=operation]:contains(chat)",
        },
        {
            content: "The same as a pivot",
            trigger: "button.o_switch_view.o_pivot",
            run: "click",
        },
        {
            trigger: ".o_pivot_view .o_pivot_cell_value:contains(0.25)",
        },
        {
            content: "And as a graph",
            trigger: "button.o_switch_view.o_graph",
            run: "click",
        },
        {
            content: "Back to the figures",
            trigger: ".o_graph_view",
        },
        {
            trigger: BACK,
            run: "click",
        },
        {
            content: "Another period, whose calls are no longer kept one by one",
            trigger: `.o_account_ai_costs:has(${TILE}) .o_account_ai_period select`,
            run: "select week",
        },
        {
            trigger: `${TILE}[data-figure=spent]:contains(US$ 7.35)`,
            run: "click",
        },
        {
            content: "The sums by hour, and a word on why",
            trigger: ".o_notification:contains(Single calls are kept since)",
        },
        {
            trigger: ".o_pivot_view .o_pivot_cell_value:contains(7.35)",
        },
        {
            trigger: BACK,
            run: "click",
        },
        {
            content: "The period is still the week; the most_expensive call",
            trigger: `.o_account_ai_costs:has(${TILE}[data-figure=spent]:contains(US$ 7.35)) .o_account_ai_dear_call`,
            run: "click",
        },
        {
            trigger: ".o_form_view .o_field_widget[name=cost_usd]:contains(7.00)",
        },
    ],
});

/** A user without any call, who looks at the own usage. */
registry.category("web_tour.tours").add("account_ai_dashboard_empty", {
    steps: () => [
        {
            trigger: ".o_menu_sections button:contains(Costs)",
            run: "click",
        },
        {
            trigger: ".o-dropdown--menu a:contains(Dashboard)",
            run: "click",
        },
        {
            trigger: ".o_account_ai_costs:has(.o_account_ai_own) .o_account_ai_costs_empty",
        },
    ],
});
