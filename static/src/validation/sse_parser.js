/**
 * @typedef {{ event: string, data: string }} ServerSentEvent
 */

/**
 * Takes the complete events out of what has arrived of a `text/event-stream` body, as the
 * HTML standard describes it. Comments (heartbeats) and the fields `id` and `retry` are
 * skipped.
 *
 * A pure function: what is left over is handed back, and put in front of the next chunk.
 *
 * @param {string} text the rest of the last call followed by the new chunk
 * @returns {{ events: ServerSentEvent[], rest: string }}
 */
export function parseServerSentEvents(text) {
    const events = [];
    const endOfLine = /\r\n|\n|\r/g;
    let event = "";
    let data = [];
    let lineStart = 0;
    let rest = 0;
    let match;
    while ((match = endOfLine.exec(text))) {
        const line = text.slice(lineStart, match.index);
        lineStart = endOfLine.lastIndex;
        if (line) {
            const [, name, value] = line.match(/^([^:]*)(?:: ?)?([^]*)$/);
            if (name === "event") {
                event = value;
            } else if (name === "data") {
                data.push(value);
            }
            continue;
        }
        if (data.length) {
            events.push({ event: event || "message", data: data.join("\n") });
        }
        event = "";
        data = [];
        rest = lineStart;
    }
    return { events, rest: text.slice(rest) };
}

/**
 * Reads a `text/event-stream` body to its end. Yields once for every chunk that arrives,
 * with the events that it completed: an empty list tells that the other side is alive.
 *
 * @param {ReadableStream<Uint8Array>} body
 * @returns {AsyncGenerator<ServerSentEvent[]>}
 */
async function* readServerSentEvents(body) {
    const reader = body.getReader();
    const decoder = new TextDecoder();
    let rest = "";
    try {
        for (;;) {
            const { done, value } = await reader.read();
            if (done) {
                return;
            }
            const parsed = parseServerSentEvents(rest + decoder.decode(value, { stream: true }));
            rest = parsed.rest;
            yield parsed.events;
        }
    } finally {
        reader.releaseLock();
    }
}

export { readServerSentEvents }; // Odoo's transpiler does not know "export async function*"
