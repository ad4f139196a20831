import { Component, onWillDestroy, useEffect, useRef, useState } from "@odoo/owl";

import { browser } from "@web/core/browser/browser";
import { formatDateTime, deserializeDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useBus, useService } from "@web/core/utils/hooks";
import { useRecordObserver } from "@web/model/relational_model/utils";
import { formatFloat, formatInteger } from "@web/views/fields/formatters";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

import { ConfidenceMeter } from "./confidence_meter";
import { FindingList } from "./finding_list";
import { FindingLocator } from "./finding_locator";
import { useValidate } from "./validate_hook";
import { VerdictBadge, VERDICTS } from "./verdict_badge";
import { isCountedDown, WaitingHint, waitingText } from "./waiting_hint";

const COLLAPSED_KEY = "account_ai.panel_collapsed";

/** Seconds of waiting from which on the queue is offered. */
const LONG_WAIT = 20;

/**
 * What the AI colleague says about one invoice: what is stored, and what arrives while it
 * is being validated. All it knows comes from the service, so it may be re-rendered,
 * destroyed and made again while a stream runs.
 */
export class ValidationPanel extends Component {
    static template = "account_ai.ValidationPanel";
    static components = { ConfidenceMeter, FindingList, VerdictBadge, WaitingHint };
    static props = { ...standardWidgetProps };

    setup() {
        this.action = useService("action");
        this.service = useState(useService("account_ai_validation"));
        this.root = useRef("root");
        this.validateRecord = useValidate();
        this.locator = new FindingLocator({
            action: this.action,
            viewArch: this.env.config.viewArch,
        });
        this.state = useState({
            moveId: false,
            now: Date.now(),
            isCollapsed: browser.localStorage.getItem(COLLAPSED_KEY) === "1",
        });
        useRecordObserver((record) => {
            void record.data; // replaced whenever the record is loaded, saved or discarded
            this.look(record.resId);
        });
        onWillDestroy(() => this.stopLooking?.());
        useBus(this.service.bus, "FINISHED", ({ detail }) => this.onFinished(detail.moveId));
        this.useClock();
        useEffect(
            (uuid) => {
                if (uuid) {
                    this.state.isCollapsed = false;
                }
            },
            () => [this.run?.uuid]
        );
    }

    /** Ticks while seconds are counted on the screen: those that passed, or those to wait. */
    useClock() {
        useEffect(
            (mustTick) => {
                if (mustTick) {
                    const tick = () => (this.state.now = Date.now());
                    tick();
                    const interval = browser.setInterval(tick, 1000);
                    return () => browser.clearInterval(interval);
                }
            },
            // A new wait is counted from its own beginning.
            () => [
                Boolean(this.run || this.secondsToWait || this.fewLeftText),
                this.validation?.error?.retryAt,
            ]
        );
    }

    // ------------------------------------------------------------------------------
    // What is shown
    // ------------------------------------------------------------------------------

    get validation() {
        return this.service.validations[this.state.moveId];
    }

    get panel() {
        return this.validation?.panel;
    }

    get run() {
        return this.validation?.run;
    }

    get isVisible() {
        return Boolean(this.panel?.available);
    }

    /** The last stored validation, unless something newer is on its way. */
    get stored() {
        const stored = this.panel?.validation;
        return stored && !this.shownRun && !this.validation.isRunningElsewhere ? stored : null;
    }

    /** The stream that runs, or the one that broke and whose result is awaited. */
    get shownRun() {
        return this.run || this.validation?.brokenRun;
    }

    get isRunning() {
        return this.validation.isRunning;
    }

    get isSimulated() {
        return Boolean(this.shownRun?.simulated || this.stored?.simulated || this.panel.simulated);
    }

    get isStale() {
        return Boolean(this.stored?.stale);
    }

    /** Whether asking again would cost again for the same answer. */
    get isFresh() {
        return Boolean(this.stored && !this.stored.stale && !this.stored.degraded);
    }

    /** Why Claude will not be asked, before anybody has tried. */
    get notReady() {
        const { degraded } = this.stored || {};
        if (["no_consent", "no_key", "not_ready"].includes((degraded || this.attempt)?.code)) {
            return ""; // said there
        }
        if (!this.panel.enabled) {
            return _t(
                "Sending documents to Claude is not switched on for this company. " +
                    "Until it is, only the rules answer."
            );
        }
        if (!this.panel.has_key) {
            return _t("No key for Claude is set. Until there is one, only the rules answer.");
        }
        return "";
    }

    get mustConfigure() {
        return Boolean(
            this.panel.settings_url && (!this.panel.enabled || !this.panel.has_key)
        );
    }

    get findings() {
        return this.shownRun?.findings || this.stored?.findings || [];
    }

    get rulesVerdictLabel() {
        return VERDICTS[this.shownRun?.rulesVerdict || this.stored?.rules_verdict]?.label;
    }

    get modelVerdictLabel() {
        return VERDICTS[this.stored?.model_verdict]?.label;
    }

    get elapsedSeconds() {
        return Math.max(0, Math.round((this.state.now - this.run.startedAt) / 1000));
    }

    /** Seconds until it makes sense to try again, 0 when it does at once. */
    get secondsToWait() {
        const retryAt = this.validation?.error?.retryAt;
        return retryAt ? Math.max(0, Math.ceil((retryAt - this.state.now) / 1000)) : 0;
    }

    /** Whether the refusal of this person's last request said when to come back. */
    get isRefused() {
        return Boolean(this.validation.error?.retryAt && !this.isRunning);
    }

    /** Whether trying again has to wait; not for waits too long for a countdown. */
    get isWaiting() {
        return isCountedDown(this.secondsToWait);
    }

    /** Whether the wait is long enough, and of a kind, to leave it to the queue. */
    get canQueue() {
        const { canWaitInQueue, wait } = this.validation.error;
        return Boolean(canWaitInQueue && wait >= LONG_WAIT);
    }

    /** How many requests are left in this minute, when it is few. */
    get fewLeftText() {
        const { fewLeft } = this.service;
        if (!fewLeft || fewLeft.until <= this.state.now || this.isRefused) {
            return "";
        }
        switch (fewLeft.remaining) {
            case 0:
                return _t("That was the last request for this minute.");
            case 1:
                return _t("One more request is possible in this minute.");
            default:
                return _t("%s more requests are possible in this minute.", fewLeft.remaining);
        }
    }

    /** What is going on, while it does. */
    get progress() {
        const { run } = this;
        if (!run) {
            return this.panel.validation?.state === "queued"
                ? _t("Waiting in the queue…")
                : _t("Being validated…");
        }
        if (run.characters) {
            return _t("Claude is answering (%s characters)…", formatInteger(run.characters));
        }
        if (run.model) {
            return _t("The rules have answered. Claude is reading the document…");
        }
        return _t("Checking the rules…");
    }

    /** One sentence that explains the verdict. */
    get explanation() {
        const { verdict, findings } = this.stored;
        const count = (severity) =>
            findings.filter((f) => f.severity === severity && !f.dismissed).length;
        if (verdict === "reject") {
            return _t("It has errors: mend them before this document goes on.");
        }
        if (verdict === "send") {
            return _t("Nothing was found that speaks against this document.");
        }
        return count("warning")
            ? _t("Somebody should look at the warnings before this document goes on.")
            : _t("Somebody should look at this document before it goes on.");
    }

    get error() {
        const { error } = this.validation;
        const said = [this.stored?.degraded?.code, this.attempt?.code];
        return error && !said.includes(error.code) ? error : null;
    }

    /** The last attempt, when it had no answer and an earlier one is shown instead. */
    get attempt() {
        return this.stored ? this.panel.attempt : null;
    }

    get attemptText() {
        const { date, message } = this.attempt;
        return _t("The last attempt, on %(date)s, had no answer: %(reason)s", {
            date: formatDateTime(deserializeDateTime(date)),
            reason: message,
        });
    }

    /** What the stored validation took, in words: cost, time, tokens, model, who and when. */
    get facts() {
        const { cost, cost_usd, degraded, duration_ms, tokens } = this.stored;
        const { model, replaced_model, user, date } = this.stored;
        const facts = [];
        if (cost_usd || !degraded) {
            facts.push({ name: "cost", title: _t("Cost"), text: cost });
        }
        if (duration_ms) {
            const seconds = formatFloat(duration_ms / 1000, { digits: [16, 1] });
            facts.push({ name: "duration", title: _t("Duration"), text: _t("%s s", seconds) });
        }
        if (tokens?.input || tokens?.output) {
            facts.push({
                name: "tokens",
                title: _t(
                    "Tokens: %(input)s in, of which %(cached)s from the cache; %(output)s out",
                    {
                        input: formatInteger(tokens.input),
                        cached: formatInteger(tokens.cached),
                        output: formatInteger(tokens.output),
                    }
                ),
                text: _t("%s tokens", formatInteger(tokens.input + tokens.output)),
            });
        }
        if (model) {
            facts.push({ name: "model", title: _t("Model"), text: model });
        }
        if (replaced_model) {
            facts.push({
                name: "replaced_model",
                title: _t("This model is retired. Another one was asked."),
                text: _t("instead of %s", replaced_model),
            });
        }
        if (user || date) {
            const when = date && formatDateTime(deserializeDateTime(date));
            facts.push({
                name: "who",
                title: _t("Validated by, on"),
                text: [user, when].filter(Boolean).join(", "),
            });
        }
        return facts;
    }

    /** The newest finding of the running stream, for screen readers. */
    get announcement() {
        const last = this.run?.findings.at(-1);
        if (last) {
            return last.message;
        }
        if (this.isRefused) {
            // Said once, and once more when it is over, not every second.
            const { retryAt, wait } = this.validation.error;
            return waitingText(this.secondsToWait && Math.ceil(wait), retryAt);
        }
        return this.stored
            ? _t("Verdict: %s", VERDICTS[this.stored.verdict]?.label || "")
            : "";
    }

    // ------------------------------------------------------------------------------
    // What happens
    // ------------------------------------------------------------------------------

    /** @param {number|false} moveId invoice that the form shows now, false when it is new */
    look(moveId) {
        if (moveId !== this.state.moveId) {
            this.stopLooking?.();
            this.stopLooking = moveId ? this.service.watch(moveId) : null;
            this.state.moveId = moveId;
        }
        if (moveId) {
            this.service.load(moveId);
        }
    }

    /** Number of validations, verdict and chatter of the form have changed as well. */
    async onFinished(moveId) {
        const { record } = this.props;
        if (moveId === record.resId && !(await record.isDirty())) {
            await record.model.load();
        }
    }

    async onClickValidate() {
        await this.validateRecord(this.props.record);
    }

    async onClickAskAgain() {
        await this.validateRecord(this.props.record, { force: true });
    }

    async onClickQueue() {
        await this.service.queue(this.state.moveId);
    }

    onClickToggle() {
        this.state.isCollapsed = !this.state.isCollapsed;
        browser.localStorage.setItem(COLLAPSED_KEY, this.state.isCollapsed ? "1" : "0");
    }

    async onLocate(finding) {
        const form = this.root.el.closest(".o_form_view") || document.body;
        await this.locator.locate(finding, this.props.record, form);
    }
}

registry.category("view_widgets").add("account_ai_panel", { component: ValidationPanel });
