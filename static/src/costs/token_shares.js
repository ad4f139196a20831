import { Component } from "@odoo/owl";

import { _t } from "@web/core/l10n/translation";

import { formatCount, formatShare, formatTokens } from "./figures_format";

/** What the tokens were: read from the cache, written to it, neither, or answered. */
export class TokenShares extends Component {
    static template = "account_ai.TokenShares";
    static props = {
        tokens: { type: Object },
        /** Share of the input that was read from the cache; none without any input. */
        cacheShare: { type: [Number, { value: null }] },
        onOpen: { type: Function },
    };

    setup() {
        this.formatCount = formatCount;
        this.formatShare = formatShare;
        this.formatTokens = formatTokens;
    }

    get parts() {
        const { tokens } = this.props;
        const parts = [
            { name: "cache_read", label: _t("Input read from the cache"), color: "bg-success" },
            { name: "cache_write", label: _t("Input written to the cache"), color: "bg-info" },
            { name: "uncached_input", label: _t("Other input"), color: "bg-warning" },
            { name: "output", label: _t("Output"), color: "bg-primary" },
        ];
        const total = parts.reduce((sum, { name }) => sum + tokens[name], 0);
        return parts.map((part) => ({
            ...part,
            number: tokens[part.name],
            share: total ? tokens[part.name] / total : 0,
        }));
    }
}
