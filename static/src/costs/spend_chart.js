import { Component, onWillStart, useEffect, useRef, useState } from "@odoo/owl";

import { loadBundle } from "@web/core/assets";
import { _t } from "@web/core/l10n/translation";

import { formatBar, formatCount, formatUsd } from "./figures_format";

const COLORS = { cost: "#3188E6", simulated: "#8481DD", expected: "#A4A8B680" };

/** What was spent over time, as bars, or as a table for accessibility. */
export class SpendChart extends Component {
    static template = "account_ai.SpendChart";
    static props = {
        bars: { type: Array, element: Object },
        grain: { type: String },
        /** Called with the key of a bar. */
        onOpen: { type: Function },
    };

    setup() {
        this.canvas = useRef("canvas");
        this.state = useState({ isTable: false });
        this.formatUsd = formatUsd;
        this.formatCount = formatCount;
        onWillStart(() => loadBundle("web.chartjs_lib"));
        useEffect(
            () => {
                if (!this.canvas.el) {
                    return;
                }
                const chart = new Chart(this.canvas.el, this.config);
                return () => chart.destroy();
            },
            () => [this.props.bars, this.state.isTable]
        );
    }

    label(bar) {
        return formatBar(bar.key, this.props.grain);
    }

    get hasSimulated() {
        return this.props.bars.some((bar) => bar.simulated_usd);
    }

    get hasExpected() {
        return this.props.bars.some((bar) => bar.expected_usd);
    }

    /** Bars that something happened in, or is expected to. */
    get rows() {
        return this.props.bars.filter((bar) => bar.calls || bar.cost_usd || bar.expected_usd);
    }

    get datasets() {
        const dataset = (name, label, value) => ({
            label,
            data: this.props.bars.map(value),
            backgroundColor: COLORS[name],
            stack: "cost",
        });
        const datasets = [];
        if (!this.hasSimulated || this.props.bars.some((bar) => bar.cost_usd > bar.simulated_usd)) {
            datasets.push(
                dataset("cost", _t("Spent"), (bar) => bar.cost_usd - bar.simulated_usd)
            );
        }
        if (this.hasSimulated) {
            datasets.push(dataset("simulated", _t("Simulated"), (bar) => bar.simulated_usd));
        }
        if (this.hasExpected) {
            datasets.push(dataset("expected", _t("Expected"), (bar) => bar.expected_usd));
        }
        return datasets;
    }

    get config() {
        // The page's own colors, light or dark.
        const style = getComputedStyle(this.canvas.el);
        const color = style.color;
        const grid = style.borderTopColor;
        const { bars } = this.props;
        return {
            type: "bar",
            data: { labels: bars.map((bar) => this.label(bar)), datasets: this.datasets },
            options: {
                maintainAspectRatio: false,
                animation: false,
                onClick: (_event, elements) => this.onBar(elements),
                onHover: (event, elements) => {
                    event.native.target.style.cursor = elements.length ? "pointer" : "";
                },
                interaction: { mode: "index", intersect: false },
                plugins: {
                    legend: { position: "bottom", labels: { color, boxWidth: 12 } },
                    tooltip: {
                        filter: (item) => item.raw,
                        callbacks: {
                            label: (item) => `${item.dataset.label}: ${formatUsd(item.raw)}`,
                        },
                    },
                },
                scales: {
                    x: {
                        stacked: true,
                        grid: { display: false },
                        ticks: { color, maxRotation: 0, autoSkipPadding: 12 },
                    },
                    y: {
                        stacked: true,
                        grid: { color: grid },
                        ticks: { color, callback: (value) => formatUsd(value), maxTicksLimit: 6 },
                    },
                },
            },
        };
    }

    onBar([element]) {
        const bar = element && this.props.bars[element.index];
        if (bar?.calls || bar?.cost_usd) {
            this.props.onOpen(bar.key);
        }
    }
}
