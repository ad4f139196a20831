import { Component, useEffect, useRef } from "@odoo/owl";

import { formatDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";

const { DateTime } = luxon;

/** Seconds that are counted down; who is to wait longer than that is told until when. */
export const LONGEST_COUNTDOWN = 120;

/**
 * Says when a request that was refused for a limit may be made again, and offers it then.
 * Waits that nobody sits through may be left to the queue.
 */
export class WaitingHint extends Component {
    static template = "account_ai.WaitingHint";
    static props = {
        /** Seconds that are still to wait, 0 when it makes sense to try at once. */
        seconds: Number,
        /** Milliseconds since the epoch when the wait is over. */
        retryAt: Number,
        onRetry: Function,
        onQueue: { type: Function, optional: true },
    };

    setup() {
        this.retry = useRef("retry");
        let wasWaiting = this.isWaiting;
        useEffect(
            (isWaiting) => {
                if (wasWaiting && !isWaiting && this.mayFocus()) {
                    this.retry.el.focus();
                }
                wasWaiting = isWaiting;
            },
            () => [this.isWaiting]
        );
    }

    get isWaiting() {
        return isCountedDown(this.props.seconds);
    }

    get text() {
        return waitingText(this.props.seconds, this.props.retryAt);
    }

    /** Focus is not taken away from somebody who works elsewhere meanwhile. */
    mayFocus() {
        const active = document.activeElement;
        return (
            !active ||
            active === document.body ||
            Boolean(active.closest(".o_account_ai_panel"))
        );
    }
}

/**
 * @param {number} seconds
 * @returns {boolean} whether so many seconds are waited for before one may try again
 */
export function isCountedDown(seconds) {
    return seconds > 0 && seconds <= LONGEST_COUNTDOWN;
}

/**
 * @param {number} seconds that are still to wait
 * @param {number} retryAt milliseconds since the epoch
 * @returns {string} when one may try again, as a sentence
 */
export function waitingText(seconds, retryAt) {
    if (!seconds) {
        return _t("You can try again now.");
    }
    if (isCountedDown(seconds)) {
        return _t("You can try again in %s seconds.", seconds);
    }
    return _t("It makes sense to try again from %s on.", formatDateTime(DateTime.fromMillis(retryAt)));
}
