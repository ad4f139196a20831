import { EventBus, reactive } from "@odoo/owl";

import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { ConnectionLostError } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";

import { EventStreamLost, EventStreamRefused, requestEventStream } from "./event_stream_request";
import { Validation, ValidationRun } from "./validation";

export const VALIDATE_ROUTE = "/account_ai/validate";

/** Milliseconds between two looks at a run that this browser does not listen to. */
export const POLL_INTERVAL = { running: 3000, queued: 10000 };

/** The share of a limit that counts as few. */
const FEW = 0.2;
const MINUTE = 60000;

/**
 * Runs validations and keeps what is known of each invoice, by its id, outside of the
 * views: a stream goes on while the user looks at another record, and the panel picks it
 * up again.
 */
export class ValidationService {
    /**
     * @param {import("services").ServiceFactories} services
     */
    constructor({ orm }) {
        this.orm = orm;
        /** Triggers `FINISHED` with `{ moveId }` when a run has ended, well or not. */
        this.bus = new EventBus();
        /** @type {Record<number, Validation>} */
        this.validations = {};
        /** @type {{ remaining: number, until: number }|null} how many requests are left to
         * this person, when it is few; told by the last answer, true for a minute */
        this.fewLeft = null;
        this.watchers = {};
        this.polls = {};
    }

    /**
     * @param {number} moveId
     * @returns {Validation}
     */
    get(moveId) {
        this.validations[moveId] ??= new Validation(moveId);
        return this.validations[moveId];
    }

    /**
     * Says that a panel shows this invoice. Runs elsewhere are only followed, and finished
     * ones only kept, for as long as somebody looks.
     *
     * @param {number} moveId
     * @returns {() => void} to call when the panel no longer does
     */
    watch(moveId) {
        this.watchers[moveId] = (this.watchers[moveId] || 0) + 1;
        this.follow(moveId);
        return () => {
            this.watchers[moveId] -= 1;
            if (!this.watchers[moveId]) {
                delete this.watchers[moveId];
                this.stopPolling(moveId);
                this.forgetUnlessNeeded(moveId);
            }
        };
    }

    /**
     * Reads again what the server has stored about this invoice.
     *
     * @param {number} moveId
     */
    async load(moveId) {
        const validation = this.get(moveId);
        const { panelNumber } = validation;
        const panel = await this.orm.silent.call("account.move", "account_ai_panel", [[moveId]]);
        if (validation.panelNumber === panelNumber) {
            validation.setPanel(panel);
        }
        this.follow(moveId);
    }

    /**
     * Validates an invoice that is saved. A run that is under way is joined, not doubled.
     *
     * @param {number} moveId
     * @param {Object} [options]
     * @param {boolean} [options.force] ask again even if nothing has changed since
     */
    async validate(moveId, { force = false } = {}) {
        const validation = this.get(moveId);
        if (validation.run) {
            return;
        }
        this.stopPolling(moveId);
        validation.error = null;
        validation.brokenRun = null;
        validation.run = new ValidationRun(randomUuid());
        const run = validation.run;
        try {
            const events = requestEventStream(VALIDATE_ROUTE, {
                move_id: String(moveId),
                run_uuid: run.uuid,
                force: force ? "1" : "",
                csrf_token: odoo.csrf_token,
            });
            for await (const { event, data } of events) {
                this.apply(validation, event, data);
            }
            if (!run.isDone) {
                throw new EventStreamLost("The stream ended without its last event");
            }
        } catch (error) {
            if (error instanceof EventStreamRefused) {
                validation.error = {
                    code: "refused",
                    message: refusalMessage(error.status),
                    retryAt: null,
                };
            } else if (error instanceof EventStreamLost) {
                validation.brokenRun = run;
            } else {
                throw error;
            }
        } finally {
            validation.run = null;
        }
        if (validation.brokenRun) {
            await this.loadWhenConnected(moveId);
        }
        if (!validation.isRunningElsewhere) {
            this.bus.trigger("FINISHED", { moveId });
        }
        this.forgetUnlessNeeded(moveId);
    }

    /**
     * Leaves an invoice to the queue, which asks Claude as soon as it can.
     *
     * @param {number} moveId
     */
    async queue(moveId) {
        const validation = this.get(moveId);
        const panel = await this.orm.call("account.move", "account_ai_queue", [[moveId]]);
        validation.error = null;
        validation.brokenRun = null;
        validation.setPanel(panel);
        this.follow(moveId);
    }

    /**
     * @private
     * @param {Validation} validation
     * @param {string} event
     * @param {Object} data
     */
    apply(validation, event, data) {
        const run = validation.run;
        switch (event) {
            case "limit":
                this.fewLeft =
                    data.remaining <= data.limit * FEW
                        ? { remaining: data.remaining, until: Date.now() + MINUTE }
                        : null;
                break;
            case "started":
                run.validationId = data.validation_id;
                run.simulated = data.simulated;
                break;
            case "finding":
                run.addFinding(data.finding);
                break;
            case "rules":
                run.rulesVerdict = data.verdict;
                break;
            case "waiting":
                run.model = data.model;
                break;
            case "progress":
                run.characters = data.characters;
                break;
            case "error":
                validation.error = {
                    code: data.code,
                    message: data.message,
                    retryAt: data.retry_after ? Date.now() + data.retry_after * 1000 : null,
                    wait: data.retry_after || 0,
                    canWaitInQueue: Boolean(data.retryable),
                };
                break;
            case "done":
                run.isDone = true;
                validation.setPanel(data.panel);
        }
    }

    // ------------------------------------------------------------------------------
    // Runs that this browser does not listen to
    // ------------------------------------------------------------------------------

    /** @private */
    follow(moveId) {
        const validation = this.validations[moveId];
        if (this.watchers[moveId] && !this.polls[moveId] && validation?.isRunningElsewhere) {
            this.poll(moveId, POLL_INTERVAL[validation.panel.validation.state]);
        }
    }

    /** @private */
    poll(moveId, delay) {
        this.polls[moveId] = browser.setTimeout(async () => {
            delete this.polls[moveId];
            await this.loadWhenConnected(moveId);
            if (!this.get(moveId).isRunningElsewhere) {
                this.bus.trigger("FINISHED", { moveId });
            }
        }, delay);
    }

    /** @private */
    stopPolling(moveId) {
        browser.clearTimeout(this.polls[moveId]);
        delete this.polls[moveId];
    }

    /** @private */
    async loadWhenConnected(moveId) {
        try {
            await this.load(moveId);
        } catch (error) {
            if (!(error instanceof ConnectionLostError)) {
                throw error;
            }
            if (this.watchers[moveId]) {
                this.poll(moveId, POLL_INTERVAL.running);
            }
        }
    }

    /** @private */
    forgetUnlessNeeded(moveId) {
        if (!this.watchers[moveId] && !this.validations[moveId]?.run) {
            delete this.validations[moveId];
        }
    }
}

/**
 * `crypto.randomUUID` is missing where Odoo is reached without TLS, this works there too.
 *
 * @returns {string} a random (version 4) UUID
 */
function randomUuid() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, "$1-$2-$3-$4-$5");
}

/**
 * @param {number} status HTTP status
 * @returns {string} a sentence for the user
 */
function refusalMessage(status) {
    switch (status) {
        case 400: // Odoo's answer to a token of an expired session
        case 401:
            return _t("Your session has expired. Reload the page and validate again.");
        case 403:
            return _t("You are not allowed to validate this document.");
        case 404:
            return _t("This document does not exist any more.");
        default:
            return _t("The server could not validate the document (error %s).", status);
    }
}

export const validationService = {
    dependencies: ["orm"],
    start(env, services) {
        return reactive(new ValidationService(services));
    },
};

registry.category("services").add("account_ai_validation", validationService);
