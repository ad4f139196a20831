import { Component, useEffect, useRef, useState } from "@odoo/owl";

import { useHotkey } from "@web/core/hotkeys/hotkey_hook";
import { _t } from "@web/core/l10n/translation";

const OTHER = "other";

/** Asks why a finding is dismissed: a chosen reason, by its digit, and own words. */
export class ReasonForm extends Component {
    static template = "account_ai.ReasonForm";
    static props = {
        title: { type: String },
        reasons: { type: Array, element: Object },
        onConfirm: { type: Function },
        onCancel: { type: Function },
    };

    setup() {
        this.state = useState({ reason: "", note: "", problem: "" });
        this.first = useRef("first");
        this.note = useRef("note");
        useEffect(
            () => this.first.el?.focus(),
            () => []
        );
        this.props.reasons.forEach(({ code }, index) => {
            useHotkey(String(index + 1), () => this.choose(code));
        });
        useHotkey("enter", () => this.confirm(), {
            bypassEditableProtection: true,
            isAvailable: (target) => !target?.closest("button"),
        });
        useHotkey("escape", () => this.props.onCancel());
    }

    choose(code) {
        this.state.reason = code;
        this.state.problem = "";
        if (code === OTHER) {
            this.note.el.focus();
        }
    }

    confirm() {
        const { reason } = this.state;
        const note = this.state.note.trim();
        if (!reason) {
            this.state.problem = _t("Choose a reason.");
        } else if (reason === OTHER && !note) {
            this.state.problem = _t("Write the reason in your own words.");
            this.note.el.focus();
        } else {
            this.props.onConfirm(reason, note);
        }
    }
}
