import { Component, onWillStart, useEffect, useRef, useState } from "@odoo/owl";

import { useCommand } from "@web/core/commands/command_hook";
import { formatCurrency } from "@web/core/currency";
import { useHotkey } from "@web/core/hotkeys/hotkey_hook";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { useSetupAction } from "@web/search/action_hook";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

import { FindingItem } from "../validation/finding_item";
import { VerdictBadge } from "../validation/verdict_badge";
import { ReasonForm } from "./reason_form";
import { ReviewQueue } from "./review_queue";

const SHORTCUTS = [
    { keys: ["J", "K"], text: _t("next, previous finding") },
    { keys: ["N", "P"], text: _t("next, previous invoice") },
    { keys: ["C"], text: _t("confirm") },
    { keys: ["F"], text: _t("false alarm") },
    { keys: ["A"], text: _t("accept") },
    { keys: ["U"], text: _t("undo") },
    { keys: ["Enter"], text: _t("open the invoice") },
];

/**
 * The review queue: the highest amount at risk comes first, and each finding is
 * confirmed, called a false alarm, or accepted, with the keyboard alone if wanted.
 */
export class ReviewAction extends Component {
    static template = "account_ai.ReviewAction";
    static components = { FindingItem, Layout, ReasonForm, VerdictBadge };
    static props = { ...standardActionServiceProps };
    static displayName = _t("Review");

    setup() {
        this.action = useService("action");
        this.root = useRef("root");
        this.shortcuts = SHORTCUTS;
        this.queue = useState(new ReviewQueue(useService("orm")));
        /** Kind of the decision that a reason is asked for. */
        this.state = useState({ asking: "" });
        useSetupAction({ getLocalState: () => ({ moveId: this.queue.item?.move_id }) });
        onWillStart(() => this.queue.load(this.props.state?.moveId));
        this.useKeys();
        useEffect(
            () => this.showSelected(),
            () => [this.queue.item?.move_id, this.queue.finding?.id]
        );
    }

    useKeys() {
        const isAvailable = () => !this.state.asking && !this.queue.isEmpty;
        const onDocument = (target) => isAvailable() && !target?.closest("button, a, select");
        const move = { isAvailable, allowRepeat: true };
        useHotkey("j", () => this.queue.next(), move);
        useHotkey("k", () => this.queue.previous(), move);
        useHotkey("arrowdown", () => this.queue.next(), move);
        useHotkey("arrowup", () => this.queue.previous(), move);
        useHotkey("n", () => this.queue.selectItem(this.queue.itemIndex + 1), move);
        useHotkey("p", () => this.queue.selectItem(this.queue.itemIndex - 1), move);
        const command = (hotkey, name, action, available = isAvailable) =>
            useCommand(name, action, {
                hotkey,
                isAvailable: () => !this.state.asking,
                hotkeyOptions: { isAvailable: available },
            });
        command("c", _t("Confirm the finding"), () => this.onDecide("confirmed"));
        command("f", _t("Call the finding a false alarm"), () => this.onDecide("false_alarm"));
        command("a", _t("Accept the finding"), () => this.onDecide("accepted"));
        command("enter", _t("Open the invoice"), () => this.openInvoice(), onDocument);
        command(
            "u",
            _t("Undo the last decision"),
            () => this.queue.undo(),
            () => !this.state.asking
        );
    }

    // ------------------------------------------------------------------------------
    // What is shown
    // ------------------------------------------------------------------------------

    get position() {
        return _t("%(number)s of %(total)s", {
            number: this.queue.itemIndex + 1,
            total: this.queue.total,
        });
    }

    get askingTitle() {
        return this.state.asking === "false_alarm"
            ? _t("Why is it a false alarm?")
            : _t("Why is it accepted?");
    }

    /** For screen readers: what is looked at now. */
    get announcement() {
        const { item, finding } = this.queue;
        return finding ? `${item.name}: ${finding.message}` : "";
    }

    get nothingLeft() {
        return this.queue.decided.length
            ? _t("Well done: everything is decided.")
            : _t("Nothing to review");
    }

    /** @param {import("./review_queue").ReviewItem} item */
    risk(item) {
        return formatCurrency(item.amount_at_risk ?? 0, item.currency_id);
    }

    age(item) {
        if (!item.age_days) {
            return _t("today");
        }
        return item.age_days === 1 ? _t("1 day") : _t("%s days", item.age_days);
    }

    openCounts({ errors, warnings }) {
        return [
            { name: "errors", number: errors, color: "danger", title: _t("Open errors") },
            { name: "warnings", number: warnings, color: "warning", title: _t("Open warnings") },
        ].filter(({ number }) => number);
    }

    showSelected() {
        for (const selected of this.root.el?.querySelectorAll("[aria-current=true]") || []) {
            selected.scrollIntoView({ block: "nearest" });
        }
    }

    // ------------------------------------------------------------------------------
    // What happens
    // ------------------------------------------------------------------------------

    /** @param {"confirmed"|"false_alarm"|"accepted"} kind */
    async onDecide(kind) {
        if (kind === "confirmed") {
            await this.queue.decide(kind);
        } else if (this.queue.finding) {
            this.state.asking = kind;
        }
    }

    async onReason(reason, note) {
        const kind = this.state.asking;
        this.state.asking = "";
        await this.queue.decide(kind, reason, note);
    }

    onCancelReason() {
        this.state.asking = "";
    }

    onSelectFinding(index) {
        if (index !== this.queue.findingIndex) {
            this.state.asking = "";
            this.queue.selectFinding(index);
        }
    }

    onSelectItem(index) {
        this.state.asking = "";
        this.queue.selectItem(index);
    }

    async openInvoice() {
        if (this.queue.item) {
            await this.action.doAction({
                type: "ir.actions.act_window",
                res_model: "account.move",
                res_id: this.queue.item.move_id,
                views: [[false, "form"]],
            });
        }
    }

    async openList() {
        await this.action.doAction("account_ai.account_ai_review_action");
    }
}

registry.category("actions").add("account_ai_review_queue", ReviewAction);
