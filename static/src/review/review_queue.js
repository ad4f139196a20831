/**
 * @typedef {Object} ReviewItem an invoice of the queue, as the server sends it
 * @property {number} move_id
 * @property {string} name
 * @property {string} type
 * @property {string} partner
 * @property {"send"|"review"|"reject"} verdict
 * @property {boolean} simulated
 * @property {boolean} stale
 * @property {number} amount_total
 * @property {number} currency_id
 * @property {number} [amount_at_risk] missing once the invoice has left the queue
 * @property {number} [age_days]
 * @property {number} errors open ones
 * @property {number} warnings open ones
 * @property {import("../validation/validation").Finding[]} findings
 */

/** @param {import("../validation/validation").Finding} finding */
function isOpen(finding) {
    return !finding.disposition;
}

/**
 * The invoices to review and which finding of which one is looked at. Independent of
 * keyboard and rendering.
 */
export class ReviewQueue {
    constructor(orm) {
        this.orm = orm;
        this.isLoaded = false;
        /** While a decision is being stored no other one is taken. */
        this.isBusy = false;
        /** @type {ReviewItem[]} */
        this.items = [];
        /** How many there are, those that were not loaded included. */
        this.total = 0;
        /** @type {Record<string, {code: string, label: string}[]>} by kind of decision */
        this.reasons = {};
        this.itemIndex = 0;
        this.findingIndex = 0;
        /** Decisions that can be taken back, the newest last. */
        this.decided = [];
    }

    /** @returns {ReviewItem|undefined} */
    get item() {
        return this.items[this.itemIndex];
    }

    /** @returns {import("../validation/validation").Finding|undefined} */
    get finding() {
        return this.item?.findings[this.findingIndex];
    }

    get isEmpty() {
        return this.isLoaded && !this.items.length;
    }

    /** @param {number} [moveId] invoice to look at, when it is still there */
    async load(moveId) {
        const { items, total, reasons } = await this.orm.call("account.ai.review", "get_queue");
        Object.assign(this, { items, total, reasons, isLoaded: true });
        const index = items.findIndex((item) => item.move_id === moveId);
        this.selectItem(Math.max(0, index));
    }

    // ------------------------------------------------------------------------------
    // Moving
    // ------------------------------------------------------------------------------

    /** Look at an invoice: at its first open finding. */
    selectItem(index) {
        this.itemIndex = Math.min(Math.max(0, index), Math.max(0, this.items.length - 1));
        this.findingIndex = Math.max(0, this.item?.findings.findIndex(isOpen) ?? 0);
    }

    selectFinding(index) {
        this.findingIndex = index;
    }

    /** The next finding, also that of the next invoice. */
    next() {
        if (this.findingIndex < (this.item?.findings.length ?? 0) - 1) {
            this.findingIndex += 1;
        } else if (this.itemIndex < this.items.length - 1) {
            this.itemIndex += 1;
            this.findingIndex = 0;
        }
    }

    previous() {
        if (this.findingIndex > 0) {
            this.findingIndex -= 1;
        } else if (this.itemIndex > 0) {
            this.itemIndex -= 1;
            this.findingIndex = this.item.findings.length - 1;
        }
    }

    // ------------------------------------------------------------------------------
    // Deciding
    // ------------------------------------------------------------------------------

    /**
     * Stores a decision about the finding that is looked at, and goes to the next open
     * one. An invoice without open findings leaves the queue.
     *
     * @param {"confirmed"|"false_alarm"|"accepted"} kind
     * @param {string|false} [reason]
     * @param {string} [note]
     */
    async decide(kind, reason = false, note = "") {
        const { finding, item, itemIndex } = this;
        if (!finding || this.isBusy) {
            return;
        }
        const updated = await this.dispose(finding.id, kind, reason, note);
        this.decided.push({ findingId: finding.id, itemIndex });
        this.items[itemIndex] = updated;
        if (updated.findings.some(isOpen)) {
            const after = updated.findings.findIndex(
                (each, index) => index > this.findingIndex && isOpen(each)
            );
            this.findingIndex = after < 0 ? updated.findings.findIndex(isOpen) : after;
            return;
        }
        this.items.splice(itemIndex, 1);
        this.total -= 1;
        if (this.items.length || !this.total) {
            this.selectItem(itemIndex);
        } else {
            await this.load(item.move_id); // there are more than were loaded
        }
    }

    /** Takes the last decision of this session back; its invoice comes back with it. */
    async undo() {
        if (!this.decided.length || this.isBusy) {
            return;
        }
        const { findingId, itemIndex } = this.decided.at(-1);
        const updated = await this.dispose(findingId, "reopened");
        this.decided.pop();
        let index = this.items.findIndex(({ move_id }) => move_id === updated.move_id);
        if (index >= 0) {
            this.items[index] = updated;
        } else {
            index = Math.min(itemIndex, this.items.length);
            this.items.splice(index, 0, updated);
            this.total += 1;
        }
        this.itemIndex = index;
        this.findingIndex = updated.findings.findIndex(({ id }) => id === findingId);
    }

    /** @private */
    async dispose(findingId, kind, reason = false, note = "") {
        this.isBusy = true;
        try {
            return await this.orm.call("account.ai.finding", "dispose", [
                [Number(findingId)],
                kind,
                reason,
                note,
            ]);
        } finally {
            this.isBusy = false;
        }
    }
}
