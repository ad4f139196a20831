import { KeepLast } from "@web/core/utils/concurrency";

/**
 * @typedef {Object} Filters
 * @property {"today"|"week"|"month"|"last_month"|"quarter"|"year"|"custom"} period
 * @property {string} [begin] of a custom period, as 2026-11-20
 * @property {string} [end]
 * @property {number[]} [companies] those that are switched on, when left out
 */

/** The figures of the dashboard and what they were asked for; to be made reactive. */
export class CostFigures {
    /**
     * @param {Object} orm
     * @param {Filters} [filters]
     */
    constructor(orm, filters) {
        this.orm = orm;
        this.keepLast = new KeepLast();
        this.filters = { period: "month", ...filters };
        /** What the server tells; the last ones stay while others are loaded. */
        this.data = null;
        this.isLoading = false;
        this.problem = "";
    }

    /** @param {Partial<Filters>} [changes] */
    async load(changes = {}) {
        Object.assign(this.filters, changes);
        this.isLoading = true;
        const asked = this.orm.call("account.ai.dashboard", "get_figures", [
            { ...this.filters },
        ]);
        try {
            this.data = await this.keepLast.add(asked);
            this.problem = "";
        } catch (error) {
            this.problem = error.data?.message || error.message;
        }
        this.isLoading = false;
    }

    /**
     * @param {string} figure
     * @param {Object} [detail]
     * @returns {Promise<{action: Object, notice: string}>}
     */
    drillDown(figure, detail = {}) {
        return this.orm.call("account.ai.dashboard", "get_drill_down", [
            { ...this.filters },
            figure,
            detail,
        ]);
    }
}
