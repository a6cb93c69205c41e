import { describe, expect, it } from "vitest";
import { incident, matrix } from "../test/incident";
import { RunMatrix } from "./matrix.svelte";

describe("a cell of a run that goes on", () => {
  it("says what was heard of its take, and nothing of a run that is not heard of", async () => {
    const host = incident();
    const made = matrix("run-many", 3);
    const rows = made.rows.map((row, n) => ({ ...row, cells: row.cells.map((cell) => cell && { ...cell, status: n === 0 ? "done" : "pending" }) }));
    let status = "running";
    host.answer("run_matrix", () => ({ ...made, status, rows }));
    const run = new RunMatrix(host);
    await run.read("run-many");
    const states = () => run.rows.map((row) => (row.cells[0] ? run.stateOf(row.cells[0]) : null));
    expect(states()).toEqual(["done", "pending", "pending"]);
    run.hear("of another run");
    expect(states()).toEqual(["done", "pending", "pending"]);
    run.hear("t-1-0");
    expect(states()).toEqual(["done", "running", "waiting"]);
    run.hear("t-1-0");
    expect(states()).toEqual(["done", "streaming", "waiting"]);
    status = "cancelled";
    await run.read("run-many");
    expect(states()).toEqual(["done", "pending", "pending"]);
  });
});
