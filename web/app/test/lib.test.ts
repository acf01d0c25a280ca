import { describe, expect, it } from "vitest";
import { fitGrid } from "../src/lib/grid";
import { colourOf, COLOURS, initials, listed } from "../src/lib/names";
import { dayLabel, dayWithin, duration } from "../src/lib/time";

describe("the grid", () => {
  const wide = { from: 16 / 9, to: 16 / 9 };

  it("uses the box well for any number", () => {
    const box = { width: 1400, height: 760 };
    expect([1, 2, 3, 4, 5, 7, 10].map((n) => fitGrid(n, box, 10, wide).columns)).toEqual([1, 2, 2, 2, 3, 3, 4]);
    for (let n = 1; n <= 50; n++) {
      const { columns, rows, width, height } = fitGrid(n, box, 10, wide);
      expect(columns * rows).toBeGreaterThanOrEqual(n);
      expect(columns * width + (columns - 1) * 10).toBeLessThanOrEqual(box.width);
      expect(rows * height + (rows - 1) * 10).toBeLessThanOrEqual(box.height);
      expect(Math.abs(width / height - 16 / 9)).toBeLessThan(0.05);
    }
  });

  it("fills a phone", () => {
    const { columns, width, height } = fitGrid(2, { width: 374, height: 700 }, 10, { from: 0.7, to: 16 / 9 });
    expect([columns, width, height]).toEqual([1, 374, 345]);
  });

  it("is empty in an empty box", () => {
    expect(fitGrid(3, { width: 0, height: 0 }, 10, wide)).toMatchObject({ width: 0, height: 0 });
  });
});

describe("names and times", () => {
  it("have initials, whatever they are", () => {
    expect(["Alice Moreau", "Hana Weber (Acme)", "bob", "Ana Maria de Souza", "李 小龍", "  ", "😀 Smile"].map(initials)).toEqual(["AM", "HW", "B", "AS", "李小", "?", "😀S"]);
  });

  it("are listed as people list them", () => {
    expect([[], ["A"], ["A", "B"], ["A", "B", "C"]].map((names) => listed(names))).toEqual(["", "A", "A and B", "A, B and C"]);
    expect(listed(["A", "B", "C", "D"], 3)).toBe("A, B and 2 others");
  });

  it("have a colour that stays", () => {
    const colours = Array.from({ length: 200 }, (_, i) => colourOf(`user-${i}`));
    expect(new Set(colours).size).toBe(COLOURS);
    expect(colourOf("alice")).toBe(colourOf("alice"));
  });

  it("are said as people say them", () => {
    const now = new Date(2026, 10, 23, 12);
    expect(dayLabel(new Date(2026, 10, 23, 1).toISOString(), now)).toBe("Today");
    expect(dayLabel(new Date(2026, 10, 22, 23).toISOString(), now)).toBe("Yesterday");
    expect(dayWithin(new Date(2026, 10, 22, 23).toISOString(), now)).toBe("yesterday");
    expect(dayWithin(new Date(2025, 10, 22).toISOString(), now)).toBe(dayLabel(new Date(2025, 10, 22).toISOString(), now));
    expect(dayLabel(new Date(2025, 10, 22).toISOString(), now)).toMatch(/2025/);
    expect([0, 245_000, 3_723_000, -5].map(duration)).toEqual(["0:00", "4:05", "1:02:03", "0:00"]);
  });
});
