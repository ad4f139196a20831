import { Component } from "@odoo/owl";

/** One figure, which leads to the rows behind it. */
export class FigureTile extends Component {
    static template = "account_ai.FigureTile";
    static props = {
        name: { type: String },
        title: { type: String },
        value: { type: String },
        /** Lines below the figure. */
        notes: { type: Array, element: String, optional: true },
        /** Explanation of the figure, shown as a tooltip. */
        help: { type: String, optional: true },
        onOpen: { type: Function, optional: true },
    };
    static defaultProps = { notes: [], help: "" };
}
