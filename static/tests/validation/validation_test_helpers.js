import { VALIDATE_ROUTE } from "@account_ai/validation/validation_service";

import { browser } from "@web/core/browser/browser";
import { patchWithCleanup } from "@web/../tests/web_test_helpers";

const encoder = new TextEncoder();

/**
 * Puts a stream that the test writes in the place of the validation route.
 *
 * @param {Object} [answer]
 * @param {number} [answer.status]
 * @param {string} [answer.contentType]
 * @param {Record<string, string>} [answer.headers] other headers
 */
export function mockEventStream({
    status = 200,
    contentType = "text/event-stream",
    headers = {},
} = {}) {
    const streams = [];
    patchWithCleanup(browser, {
        fetch(route, options) {
            if (route !== VALIDATE_ROUTE) {
                return super.fetch(...arguments);
            }
            const { body, signal } = options;
            const stream = { route, fields: Object.fromEntries(body), aborted: false };
            const readable = new ReadableStream({
                start(controller) {
                    stream.controller = controller;
                },
            });
            signal.addEventListener("abort", () => {
                stream.aborted = true;
                if (!stream.closed) {
                    stream.controller.error(new DOMException("Aborted", "AbortError"));
                }
            });
            streams.push(stream);
            return Promise.resolve({
                status,
                redirected: false,
                headers: new Headers({ "Content-Type": contentType, ...headers }),
                body: readable,
            });
        },
    });
    const last = () => streams.at(-1);
    return {
        /** Requests that were made, with their route and form fields. */
        streams,
        write(text) {
            last().controller.enqueue(encoder.encode(text));
        },
        send(event, data) {
            this.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
        },
        close() {
            last().closed = true;
            last().controller.close();
        },
        breakDown() {
            last().closed = true;
            last().controller.error(new TypeError("network error"));
        },
    };
}

/** @returns {Object} a finding as the server sends it */
export function makeFinding(values = {}) {
    return {
        id: "1",
        code: "RUT_DV",
        severity: "error",
        origin: "rule",
        message: "The check digit of the RUT is wrong.",
        advice: "Ask the customer for the right RUT.",
        field: "RUTRecep",
        field_name: false,
        line: 0,
        line_id: false,
        partner_id: false,
        evidence: "76.123.456-0",
        source: "SII, Formato DTE v2.2",
        ...values,
    };
}

/** @returns {Object} a stored validation as the server sends it */
export function makeStoredValidation(values = {}) {
    return {
        id: 7,
        state: "done",
        stale: false,
        verdict: "send",
        rules_verdict: "send",
        model_verdict: "send",
        confidence: 0.9,
        degraded: null,
        findings: [],
        cost: "US$ 0.00031",
        cost_usd: 0.00031,
        duration_ms: 2400,
        tokens: { input: 7000, cached: 6400, output: 120 },
        model: "claude-haiku-5-5",
        simulated: false,
        user: "Ana Rojas",
        date: "2026-11-20 13:05:00",
        rules_count: 30,
        ...values,
    };
}

/** @returns {Object} panel data as the server sends it */
export function makePanel(values = {}) {
    return {
        available: true,
        can_validate: true,
        enabled: true,
        has_key: true,
        simulated: false,
        settings_url: false,
        history_count: 0,
        validation: null,
        ...values,
    };
}
