"""What was measured, as text, as docs/benchmarks.md between its markers, and as a chart."""
from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Row:
    what: str
    times: str
    ratio: str
    goal: str
    # None: there is no goal.
    reached: bool | None

    @property
    def verdict(self) -> str:
        return {True: "reached", False: "**missed**", None: ""}[self.reached]


@dataclass
class Section:
    title: str
    rows: list[Row]
    # Peers that are not installed.
    missing: list[str] = field(default_factory=list)
    # Of growth: the sizes, and for each command the times in milliseconds.
    series: dict = field(default_factory=dict)

    def text(self) -> str:
        lines = [self.title]
        for row in self.rows:
            lines.append(f"  {row.what:<42} {row.times:<24} {row.ratio:<14} {row.goal:<26} {row.verdict}")
        if self.missing:
            lines.append(f"  not installed: {', '.join(self.missing)}")
        return "\n".join(lines)

    def markdown(self) -> str:
        lines = [f"### {self.title}", "", "| what | median | ratio | goal | |", "|---|---|---|---|---|"]
        lines += [f"| {row.what} | {row.times} | {row.ratio} | {row.goal} | {row.verdict} |" for row in self.rows]
        if self.missing:
            lines += ["", f"Not installed where this ran: {', '.join(self.missing)}."]
        return "\n".join(lines)


BEGIN, END = "<!-- made by scripts/bench -->", "<!-- end of what scripts/bench made -->"


def write(folder: Path, sections: list[Section], cores: int) -> None:
    """Puts the tables between the markers of benchmarks.md, and the chart beside it."""
    page = folder / "benchmarks.md"
    made = "\n\n".join(section.markdown() for section in sections)
    text = f"{BEGIN}\n\n{made}\n\n![Time against the number of entries](benchmarks.svg)\n\n{END}"
    old = page.read_text()
    if BEGIN not in old or END not in old:
        raise SystemExit(f"[ERROR] {page} has no place for the tables")
    page.write_text(re.sub(re.escape(BEGIN) + ".*" + re.escape(END), lambda _: text, old, flags=re.S))
    for section in sections:
        if section.series:
            (folder / "benchmarks.svg").write_text(chart(section.series["sizes"], section.series["times"]))


def chart(sizes: list[int], times: dict[str, list[float]]) -> str:
    """Milliseconds against the number of entries, which grows by a factor of ten a step."""
    width, height, left, bottom, top = 640, 320, 60, 40, 20
    most = max(max(series) for series in times.values()) * 1.15
    low, high = math.log10(sizes[0]), math.log10(sizes[-1])

    def x(size: int) -> float:
        return left + (math.log10(size) - low) / (high - low) * (width - left - 140)

    def y(time: float) -> float:
        return height - bottom - time / most * (height - bottom - top)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        f'<path d="M{left},{top}V{height - bottom}H{width - 130}" fill="none" stroke="#555555"/>',
        f'<text x="10" y="{top - 6}">ms</text>',
    ]
    for step in range(5):
        value = most * step / 4
        parts.append(f'<text x="{left - 8}" y="{y(value) + 4:.1f}" text-anchor="end">{value:.0f}</text>')
    for size in sizes:
        parts.append(f'<text x="{x(size):.1f}" y="{height - bottom + 18}" text-anchor="middle">{size:,}</text>')
    colours = ["#1b6ca8", "#c1440e", "#2e7d32", "#6a1b9a"]
    # Names must not lie upon each other: each at least 14 below the one above.
    places, last = {}, -math.inf
    for name, series in sorted(times.items(), key=lambda item: y(item[1][-1])):
        last = places[name] = max(y(series[-1]), last + 14)
    for (name, series), colour in zip(times.items(), colours):
        points = " ".join(f"{x(size):.1f},{y(time):.1f}" for size, time in zip(sizes, series))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts.append(f'<text x="{x(sizes[-1]) + 8:.1f}" y="{places[name] + 4:.1f}" fill="{colour}">{name}</text>')
    return "\n".join([*parts, "</svg>", ""])
