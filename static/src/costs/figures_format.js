import { formatCurrency } from "@web/core/currency";
import { formatDate, formatDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { formatFloat } from "@web/core/utils/numbers";

const { DateTime } = luxon;

/** Dollars with as many decimals as their size asks for: a call costs US$ 0.0004. */
export function formatUsd(amount) {
    const size = Math.abs(amount);
    let decimals = 2;
    if (size && size < 0.01) {
        decimals = 6;
    } else if (size && size < 1) {
        decimals = 4;
    }
    return `US$ ${formatFloat(amount, { digits: [16, decimals] })}`;
}

/**
 * Dollars and pesos have the same sign in Chile: an amount of money names its currency.
 *
 * @param {number} amount
 * @param {{ currency_id: number, currency: string }} owner with the code of its currency
 */
export function formatMoney(amount, { currency_id, currency }) {
    return currency === "USD"
        ? formatUsd(amount)
        : `${formatCurrency(amount, currency_id)} ${currency}`;
}

export function formatCount(number) {
    return formatFloat(number, { digits: [16, 0] });
}

/** Tokens: 12,345 as it is, 4,512,345 as 4.5 M. */
export function formatTokens(number) {
    return formatFloat(number, {
        digits: [16, 0],
        humanReadable: number >= 100000,
        decimals: 1,
    });
}

/** @param {number|null} share of one */
export function formatShare(share) {
    if (share === null) {
        return _t("n/a");
    }
    const decimals = share && share < 0.095 ? 1 : 0;
    return _t("%s %", formatFloat(share * 100, { digits: [16, decimals] }));
}

/** @param {number|null} milliseconds */
export function formatSeconds(milliseconds) {
    if (milliseconds === null) {
        return _t("n/a");
    }
    return _t("%s s", formatFloat(milliseconds / 1000, { digits: [16, 1] }));
}

/** A day that the server names as 2026-11-20, whatever the time zone of the browser. */
export function formatDay(day) {
    return formatDate(DateTime.fromISO(day));
}

/** @param {string} moment UTC, as 2026-11-20 15:04:05 */
export function formatMoment(moment) {
    return formatDateTime(DateTime.fromSQL(moment, { zone: "utc" }).setZone("default"));
}

/**
 * @param {string} key of a bar
 * @param {"hour"|"day"|"month"} grain
 */
export function formatBar(key, grain) {
    const moment = DateTime.fromSQL(key);
    if (grain === "hour") {
        return moment.toLocaleString({ hour: "2-digit", minute: "2-digit" });
    }
    if (grain === "day") {
        return moment.toLocaleString({ day: "numeric", month: "short" });
    }
    return moment.toLocaleString({ month: "short", year: "numeric" });
}
