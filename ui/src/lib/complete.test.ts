import { describe, expect, it } from "vitest";
import { fitting, placeAt } from "./complete";

const schema = {
  type: "object",
  properties: {
    id: { type: "string" },
    assertions: { type: "array", items: { $ref: "#/$defs/Assertion" } },
    origin: { type: "object", properties: { source: { enum: ["span", "take"] }, reason: { type: "string" } } },
  },
  $defs: {
    Assertion: {
      oneOf: [
        { description: "A text.", properties: { type: { enum: ["contains", "not-contains"] }, case: { type: "boolean" } } },
        { description: "A number.", properties: { type: { enum: ["latency"] }, max_ms: { type: "number" } } },
      ],
    },
  },
};
const labels = (lines: string[], at: number, key: string | null = null) => fitting(schema, lines, at, key).map((fit) => fit.label);

describe("completion of a case", () => {
  it("knows the path of a line by its indentation", () => {
    const lines = ["id: x", "assertions:", "  - type: contains", "    value: a", "  - type: latency", "    ", "origin:", "  source: span"];
    expect(placeAt(lines, 3).path).toEqual(["assertions", null]);
    expect(placeAt(lines, 4).path).toEqual(["assertions", null]);
    expect(placeAt(lines, 5)).toMatchObject({ path: ["assertions", null], type: "latency" });
    expect(placeAt(lines, 7).path).toEqual(["origin"]);
    expect(placeAt(lines, 0).path).toEqual([]);
  });

  it("takes a map in an entry, and a list in the column of its key", () => {
    expect(placeAt(["assertions:", "- type: contains", "- case: true", "  "], 3).path).toEqual(["assertions", null]);
    expect(placeAt(["a:", "  - b:", "      c: 1", "      "], 3).path).toEqual(["a", null, "b"]);
    expect([...placeAt(["a:", "  - x: 1", "  - y: 1", "    z: 2"], 2).keys]).toEqual(["z"]);
  });

  it("gives the keys that are not there yet", () => {
    expect(labels(["id: x", ""], 1)).toEqual(["assertions", "origin"]);
    expect(labels(["origin:", "  source: take", "  "], 2)).toEqual(["reason"]);
  });

  it("gives the fields of the type that an entry has", () => {
    expect(labels(["assertions:", "  - type: latency", "    "], 2)).toEqual(["max_ms"]);
    expect(labels(["assertions:", "  - type: contains", "    "], 2)).toEqual(["case"]);
  });

  it("gives the words of an enum", () => {
    expect(labels(["assertions:", "  - type: "], 1, "type")).toEqual(["contains", "not-contains", "latency"]);
    expect(labels(["origin:", "  source: "], 1, "source")).toEqual(["span", "take"]);
    expect(labels(["assertions:", "  - type: contains", "    case: "], 2, "case")).toEqual(["true", "false"]);
  });
});
