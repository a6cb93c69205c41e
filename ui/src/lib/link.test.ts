import { describe, expect, it } from "vitest";
import { readLink, readOpening, writeLink, type Link } from "./link";

describe("links", () => {
  it("come back as they were written, whatever the ids hold", () => {
    const links: Link[] = [
      { to: "trace", traceId: "87f1", spanId: null },
      { to: "trace", traceId: "a/b#c?d%20é", spanId: "s p#a/n" },
      { to: "trace", traceId: "87f1", spanId: "a", tab: "audit" },
      { to: "run", runId: "run 1" },
      { to: "prompt", name: "support/answer" },
      { to: "search", query: 'tenant:acme "thirty days" -staging #1' },
      { to: "view", view: "metrics" },
    ];
    for (const link of links) expect(readLink(writeLink(link))).toEqual(link);
  });

  it("are read as people and systems write them", () => {
    expect(readLink("  RETAKE://Trace/87f1/  ")).toEqual({ to: "trace", traceId: "87f1", spanId: null });
    expect(readLink("retake://sources/")).toEqual({ to: "view", view: "sources" });
  });

  it("that lead nowhere are none", () => {
    for (const text of ["", "https://trace/1", "retake://", "retake://trace/", "retake://trace", "retake://run", "retake://delete/all", "retake://trace/%E0%A4%A", `retake://trace/${"x".repeat(9000)}`]) expect(readLink(text)).toBeNull();
  });

  it("tell a page where to begin", () => {
    expect(readOpening("#sample")).toEqual({ sample: true, link: null, further: false });
    expect(readOpening("#further&link=retake%3A%2F%2Ftrace%2F1%23s")).toEqual({ sample: false, link: "retake://trace/1#s", further: true });
    expect(readOpening("")).toEqual({ sample: false, link: null, further: false });
  });
});
