import { SILENCE_LIMIT } from "@account_ai/validation/event_stream_request";
import { POLL_INTERVAL } from "@account_ai/validation/validation_service";

import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { beforeEach, describe, expect, test } from "@odoo/hoot";
import { advanceTime, animationFrame, tick } from "@odoo/hoot-mock";
import { getService, makeMockEnv, onRpc } from "@web/../tests/web_test_helpers";

import {
    makeFinding,
    makePanel,
    makeStoredValidation,
    mockEventStream,
} from "./validation_test_helpers";

describe.current.tags("headless");
defineMailModels();

let service;
let panels;

/** Lets everything that waits for promises and chunks go on. */
async function settle() {
    for (let i = 0; i < 5; i++) {
        await tick();
    }
    await animationFrame();
}

beforeEach(async () => {
    panels = [];
    onRpc("account.move", "account_ai_panel", () => {
        expect.step("panel");
        return panels.length > 1 ? panels.shift() : panels[0];
    });
    await makeMockEnv();
    service = getService("account_ai_validation");
});

test("a run shows what arrives, and ends with what is stored", async () => {
    const stream = mockEventStream();
    const finished = service.validate(5);
    await settle();
    const validation = service.get(5);
    expect(validation.isRunning).toBe(true);
    expect(stream.streams[0].route).toBe("/account_ai/validate");
    expect(stream.streams[0].fields).toEqual({
        move_id: "5",
        run_uuid: validation.run.uuid,
        force: "",
        csrf_token: odoo.csrf_token,
    });
    expect(validation.run.uuid).toMatch(
        /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
    );

    stream.send("started", { run_uuid: validation.run.uuid, validation_id: 7, simulated: true });
    stream.send("finding", { finding: makeFinding() });
    stream.send("rules", { verdict: "reject" });
    stream.send("waiting", { model: "claude-haiku-5-5" });
    await settle();
    expect(validation.run.simulated).toBe(true);
    expect(validation.run.findings.map(({ code }) => code)).toEqual(["RUT_DV"]);
    expect(validation.run.rulesVerdict).toBe("reject");

    stream.send("progress", { characters: 40 });
    stream.send("finding", { finding: makeFinding({ id: "2", code: "VAGUE", origin: "model" }) });
    stream.send("finding", { finding: makeFinding({ id: "2", code: "VAGUE", origin: "model" }) });
    await settle();
    expect(validation.run.characters).toBe(40);
    expect(validation.run.findings.map(({ code }) => code)).toEqual(["RUT_DV", "VAGUE"]);

    const panel = makePanel({ validation: makeStoredValidation({ verdict: "reject" }) });
    stream.send("done", { panel });
    stream.close();
    await finished;
    expect(validation.isRunning).toBe(false);
    expect(validation.panel).toEqual(panel);
    expect.verifySteps([]);
});

test("a second press joins the run under way", async () => {
    const stream = mockEventStream();
    const first = service.validate(5);
    await service.validate(5);
    await settle();
    expect(stream.streams).toHaveLength(1);
    stream.send("done", { panel: makePanel() });
    stream.close();
    await first;
});

test("an error event does not end the run, its done does", async () => {
    const stream = mockEventStream({ status: 429 });
    service.watch(5);
    const finished = service.validate(5, { force: true });
    await settle();
    expect(stream.streams[0].fields.force).toBe("1");
    stream.send("error", { code: "too_many_requests", message: "Wait a little.", retry_after: 20 });
    await settle();
    const validation = service.get(5);
    expect(validation.isRunning).toBe(true);
    stream.send("done", { panel: makePanel() });
    stream.close();
    await finished;
    expect(validation.isRunning).toBe(false);
    expect(validation.error.message).toBe("Wait a little.");
    expect(validation.error.retryAt).toBeGreaterThan(Date.now() + 15000);
});

test("an answer that is no stream becomes a sentence", async () => {
    mockEventStream({ status: 403, contentType: "text/html" });
    service.watch(5);
    await service.validate(5);
    expect(service.get(5).isRunning).toBe(false);
    expect(service.get(5).error.message).toBe("You are not allowed to validate this document.");
});

test("a broken connection: the run at the server is followed to its result", async () => {
    const stream = mockEventStream();
    const running = makePanel({
        validation: makeStoredValidation({ state: "running", verdict: false }),
    });
    const done = makePanel({ validation: makeStoredValidation() });
    panels = [running, done];
    service.watch(5);
    service.bus.addEventListener("FINISHED", () => expect.step("finished"));
    const call = service.validate(5);
    await settle();
    stream.send("started", { validation_id: 7, simulated: false });
    stream.send("finding", { finding: makeFinding() });
    await settle();
    stream.breakDown();
    await call;
    const validation = service.get(5);
    expect(validation.run).toBe(null);
    expect(validation.isRunning).toBe(true);
    expect(validation.brokenRun.findings).toHaveLength(1);
    expect.verifySteps(["panel"]);

    await advanceTime(POLL_INTERVAL.running);
    await settle();
    expect.verifySteps(["panel", "finished"]);
    expect(validation.isRunning).toBe(false);
    expect(validation.brokenRun).toBe(null);
    expect(validation.panel).toEqual(done);
    await advanceTime(POLL_INTERVAL.running * 3);
    expect.verifySteps([]);
});

test("a stream that ends without done counts as broken", async () => {
    const stream = mockEventStream();
    panels = [makePanel()];
    service.watch(5);
    const call = service.validate(5);
    await settle();
    stream.close();
    await call;
    expect(service.get(5).isRunning).toBe(false);
    expect(service.get(5).brokenRun).not.toBe(null);
    expect.verifySteps(["panel"]);
});

test("silence counts as broken, heartbeats do not", async () => {
    const stream = mockEventStream();
    panels = [makePanel()];
    service.watch(5);
    const call = service.validate(5);
    await settle();
    for (let i = 0; i < 4; i++) {
        await advanceTime(SILENCE_LIMIT - 1000);
        stream.write(": heartbeat\n\n");
        await settle();
    }
    expect(service.get(5).run).not.toBe(null);
    await advanceTime(SILENCE_LIMIT);
    await settle();
    expect(stream.streams[0].aborted).toBe(true);
    expect(service.get(5).run).toBe(null);
    await call;
    expect.verifySteps(["panel"]);
});

test("a queued run is followed while somebody looks, and not longer", async () => {
    panels = [makePanel({ validation: makeStoredValidation({ state: "queued" }) })];
    const stopWatching = service.watch(5);
    await service.load(5);
    expect(service.get(5).isRunning).toBe(true);
    await advanceTime(POLL_INTERVAL.queued);
    await settle();
    expect.verifySteps(["panel", "panel"]);
    stopWatching();
    await advanceTime(POLL_INTERVAL.queued * 3);
    expect.verifySteps([]);
});

test("an answer that arrives after a newer result is dropped", async () => {
    const stream = mockEventStream();
    panels = [makePanel()];
    service.watch(5);
    const call = service.validate(5);
    await settle();
    const loading = service.load(5);
    const done = makePanel({ validation: makeStoredValidation() });
    service.get(5).setPanel(done);
    await loading;
    expect(service.get(5).panel).toEqual(done);
    stream.send("done", { panel: done });
    stream.close();
    await call;
    expect.verifySteps(["panel"]);
});

test("what nobody looks at any more is forgotten, a run only at its end", async () => {
    const stream = mockEventStream();
    const stopWatching = service.watch(5);
    const call = service.validate(5);
    await settle();
    stopWatching();
    expect(Object.keys(service.validations)).toEqual(["5"]);
    stream.send("done", { panel: makePanel() });
    stream.close();
    await call;
    expect(Object.keys(service.validations)).toEqual([]);
});
