import { describe, expect, it } from "vitest";
import { inTextField, pastedAs } from "./paste";

describe("what is pasted", () => {
  it("knows a request from records", () => {
    expect(pastedAs("curl http://127.0.0.1:8080/v1/chat/completions -d '{}'")).toBe("request");
    expect(pastedAs('{"model":"m","messages":[{"role":"user","content":"hi"}]}')).toBe("request");
    expect(pastedAs('{"model":"m","messages":[],"choices":[]}')).toBe("records");
    expect(pastedAs('{"resourceSpans":[]}')).toBe("records");
    expect(pastedAs('{"a":1}\n{"b":2}')).toBe("records");
  });

  it("sees a field through a shadow root, and no text in a checkbox", () => {
    const host = document.createElement("div");
    const area = document.createElement("textarea");
    host.attachShadow({ mode: "open" }).append(area);
    const box = document.createElement("input");
    box.type = "checkbox";
    document.body.append(host, box);
    const seen: boolean[] = [];
    const look = (event: Event) => seen.push(inTextField(event));
    window.addEventListener("keydown", look);
    area.dispatchEvent(new KeyboardEvent("keydown", { key: "t", bubbles: true, composed: true }));
    box.dispatchEvent(new KeyboardEvent("keydown", { key: "t", bubbles: true, composed: true }));
    window.removeEventListener("keydown", look);
    expect(seen).toEqual([true, false]);
  });
});
