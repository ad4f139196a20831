import { browser } from "@web/core/browser/browser";

import { readServerSentEvents } from "./sse_parser";

/** Milliseconds without a byte after which the connection counts as lost: the server's
 * heartbeats come every 10 seconds. */
export const SILENCE_LIMIT = 30000;

/** The stream ended, broke or fell silent before all of it had arrived. */
export class EventStreamLost extends Error {}

/** The server answered, but not with an event stream. */
export class EventStreamRefused extends Error {
    /** @param {number} status the HTTP status of the answer */
    constructor(status) {
        super(`Refused with status ${status}`);
        this.status = status;
    }
}

/**
 * Sends a form to a route that answers with a `text/event-stream`, and yields the events
 * with their data parsed, as they come. The HTTP status is not looked at when the answer
 * is an event stream: a refusal (429) carries its reasons in its events. What the headers
 * tell of a limit comes first, as an event `limit`.
 *
 * @param {string} route
 * @param {Record<string, string>} fields
 * @returns {AsyncGenerator<{ event: string, data: any }>}
 * @throws {EventStreamLost} when the network breaks, or nothing comes for `SILENCE_LIMIT`
 * @throws {EventStreamRefused} when the answer is something else
 */
async function* requestEventStream(route, fields) {
    const body = new FormData();
    for (const [name, value] of Object.entries(fields)) {
        body.append(name, value);
    }
    const controller = new AbortController();
    const listen = () => browser.setTimeout(() => controller.abort(), SILENCE_LIMIT);
    let silence = listen();
    try {
        const response = await orLost(
            browser.fetch(route, { method: "POST", body, signal: controller.signal })
        );
        if (!response.headers.get("Content-Type")?.startsWith("text/event-stream")) {
            throw new EventStreamRefused(response.redirected ? 401 : response.status);
        }
        const limit = readLimit(response.headers);
        if (limit) {
            yield { event: "limit", data: limit };
        }
        const chunks = readServerSentEvents(response.body);
        for (;;) {
            const { done, value: events } = await orLost(chunks.next());
            if (done) {
                return;
            }
            browser.clearTimeout(silence);
            silence = listen();
            for (const { event, data } of events) {
                yield { event, data: JSON.parse(data) };
            }
        }
    } finally {
        browser.clearTimeout(silence);
        controller.abort(); // lets the connection go when the reader stops half-way
    }
}

/**
 * @param {Headers} headers
 * @returns {{ limit: number, remaining: number }|null} requests of a minute, and how many
 *  of them are left
 */
function readLimit(headers) {
    const remaining = headers.get("X-RateLimit-Remaining");
    return remaining === null
        ? null
        : { limit: Number(headers.get("X-RateLimit-Limit")), remaining: Number(remaining) };
}

/**
 * @template T
 * @param {Promise<T>} promise of something that only fails when the network does
 * @returns {Promise<T>}
 */
async function orLost(promise) {
    try {
        return await promise;
    } catch (error) {
        throw new EventStreamLost(error.message, { cause: error });
    }
}

export { requestEventStream }; // Odoo's transpiler does not know "export async function*"
