import { parseServerSentEvents, readServerSentEvents } from "@account_ai/validation/sse_parser";

import { describe, expect, test } from "@odoo/hoot";

describe.current.tags("headless");

/** Feeds the parser as a stream does, the rest of one call in front of the next chunk. */
function parseInChunks(chunks) {
    const all = [];
    let rest = "";
    for (const chunk of chunks) {
        const parsed = parseServerSentEvents(rest + chunk);
        all.push(...parsed.events);
        rest = parsed.rest;
    }
    return all;
}

const TWO_EVENTS = 'event: finding\ndata: {"a":1}\n\nevent: done\ndata: {"b":2}\n\n';

test("events with their names and data", () => {
    expect(parseServerSentEvents(TWO_EVENTS)).toEqual({
        events: [
            { event: "finding", data: '{"a":1}' },
            { event: "done", data: '{"b":2}' },
        ],
        rest: "",
    });
});

test("an event is returned after its empty line, not before", () => {
    expect(parseServerSentEvents('event: done\ndata: {"b":2}\n')).toEqual({
        events: [],
        rest: 'event: done\ndata: {"b":2}\n',
    });
});

test("the same events are returned wherever the text is cut", () => {
    for (const text of [TWO_EVENTS, TWO_EVENTS.replaceAll("\n", "\r\n")]) {
        const whole = parseInChunks([text]);
        expect(whole).toHaveLength(2);
        for (let cut = 1; cut < text.length; cut++) {
            expect(parseInChunks([text.slice(0, cut), text.slice(cut)])).toEqual(whole);
        }
        expect(parseInChunks([...text])).toEqual(whole);
    }
});

test("several data lines are one text, lines are ended as the standard allows", () => {
    expect(parseServerSentEvents("data: a\rdata:b\r\ndata:  c\n\n").events).toEqual([
        { event: "message", data: "a\nb\n c" },
    ]);
});

test("heartbeats, ids and events without data are skipped", () => {
    const text = ": heartbeat\n\nid: 4\nretry: 10\n\nevent: empty\n\ndata\n\n";
    expect(parseServerSentEvents(text).events).toEqual([{ event: "message", data: "" }]);
});

test("colons and line breaks inside of the data stay", () => {
    expect(parseServerSentEvents("event: x\ndata: a: b\u2028c\n\n").events).toEqual([
        { event: "x", data: "a: b\u2028c" },
    ]);
});

test("a body is read to its end, characters cut between chunks are joined", async () => {
    const bytes = new TextEncoder().encode("data: señal\n\n: heartbeat\n\ndata: 2\n\n");
    const middleOfLetter = 9;
    const body = new ReadableStream({
        start(controller) {
            controller.enqueue(bytes.slice(0, middleOfLetter));
            controller.enqueue(bytes.slice(middleOfLetter));
            controller.close();
        },
    });
    const chunks = [];
    for await (const events of readServerSentEvents(body)) {
        chunks.push(events.map(({ data }) => data));
    }
    expect(chunks).toEqual([[], ["señal", "2"]]);
    expect(body.locked).toBe(false);
});
