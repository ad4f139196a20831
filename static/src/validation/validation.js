/**
 * @typedef {Object} Finding a finding as the server sends it
 * @property {string} id
 * @property {string} code
 * @property {"error"|"warning"|"information"} severity
 * @property {"rule"|"model"} origin
 * @property {string} message
 * @property {string} advice
 * @property {string} field the SII's name of the field
 * @property {string|false} field_name the field of the invoice, of its line or its partner
 * @property {number} line number of the detail line, from 1; 0 is the header
 * @property {number|false} line_id
 * @property {number|false} partner_id set when the field belongs to the partner
 * @property {string} evidence
 * @property {string} source
 * @property {boolean} dismissed a person decided that it does not count
 * @property {string|false} demoted_from severity that the rule gave it, before the company's
 * @property {{kind: string, label: string, reason: string, user: string, date: string}}
 *  [disposition] what a person decided about it
 */

/** What one invoice's panel shows: what the server has stored, and the run under way. */
export class Validation {
    /** @param {number} moveId */
    constructor(moveId) {
        this.moveId = moveId;
        /** @type {Object|null} panel data of the server, `null` until it has arrived */
        this.panel = null;
        /** Counts the panels that have arrived, to tell when an answer was overtaken. */
        this.panelNumber = 0;
        /** @type {ValidationRun|null} the stream that this browser listens to */
        this.run = null;
        /** @type {ValidationRun|null} a stream that ended before its result had come */
        this.brokenRun = null;
        /** `wait`: seconds until `retryAt` when it was said; `canWaitInQueue`: the same may
         * succeed later.
         * @type {{code: string, message: string, retryAt: number|null, wait?: number,
         *  canWaitInQueue?: boolean}|null} */
        this.error = null;
    }

    /** Whether this invoice is being validated, whoever asked for it. */
    get isRunning() {
        return Boolean(this.run) || this.isRunningElsewhere;
    }

    /** Whether a run is under way that this browser does not listen to: in another tab, in
     * the queue, or here before the connection broke. */
    get isRunningElsewhere() {
        return !this.run && ["queued", "running"].includes(this.panel?.validation?.state);
    }

    /** @param {Object} panel panel data of the server */
    setPanel(panel) {
        this.panel = panel;
        this.panelNumber += 1;
        if (!this.isRunningElsewhere) {
            const ended = [panel.validation?.id, panel.attempt?.id];
            if (this.brokenRun && ended.includes(this.brokenRun.validationId)) {
                this.brokenRun = null; // its result has come after all
            }
        }
    }
}

/** A run while its stream is open. */
export class ValidationRun {
    /** @param {string} uuid */
    constructor(uuid) {
        this.uuid = uuid;
        /** Milliseconds since the epoch. */
        this.startedAt = Date.now();
        this.validationId = false;
        this.simulated = false;
        /** @type {Finding[]} */
        this.findings = [];
        this.rulesVerdict = false;
        /** The model whose answer is awaited. */
        this.model = "";
        /** How much of the model's answer has arrived. */
        this.characters = 0;
        this.isDone = false;
    }

    /** @param {Finding} finding */
    addFinding(finding) {
        if (!this.findings.some(({ id }) => id === finding.id)) {
            this.findings.push(finding);
        }
    }
}
