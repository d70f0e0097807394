# SPDX-License-Identifier: Apache-2.0
"""Counts of a mapped netlist by block, and the longest paths of a placed one."""
import re

from wasm_tools import SynthError

# LUTs in the sense of the device: a carry cell is two, a 16 x 4 LUT RAM four and its writing slice two
LUTS = {"LUT4": 1, "CCU2C": 2, "TRELLIS_DPR16X4": 6}
COLUMNS = {"LUT4": ("LUT4",), "carry": ("CCU2C",), "LUTRAM": ("TRELLIS_DPR16X4",), "wide": ("PFUMX", "L6MUX21"),
           "FF": ("TRELLIS_FF",), "DSP": ("MULT18X18D", "MULT9X9D", "ALU54B"), "BRAM": ("DP16KD", "PDPW16KD")}
KNOWN = {kind for kinds in COLUMNS.values() for kind in kinds} | {"$scopeinfo"}


def plain(module: str) -> str:
    """The module's name without its parameters."""
    found = re.search(r"\\(\w+)", module) if module.startswith("$") else None
    return found[1] if found else module


class Netlist:
    def __init__(self, netlist: dict, top: str):
        self.modules, self.top = netlist["modules"], top
        if top not in self.modules:
            raise SynthError(f"the netlist holds no module {top}; see the log of yosys.")
        self.totals: dict[str, dict[str, int]] = {}
        self.total(top)

    def total(self, module: str) -> dict[str, int]:
        """Cells of module and all below it, by kind."""
        if module in self.totals:
            return self.totals[module]
        sums: dict[str, int] = {}
        for name, cell in self.modules[module]["cells"].items():
            kind = cell["type"]
            if kind in self.modules and not is_primitive(self.modules[kind]):
                for below, count in self.total(kind).items():
                    sums[below] = sums.get(below, 0) + count
            elif kind in KNOWN or not kind.startswith("$"):
                sums[kind] = sums.get(kind, 0) + 1
            else:
                raise SynthError(f"{module}.{name} is a {kind}, which is no cell of the device: not mapped.")
        self.totals[module] = sums
        return sums

    def rows(self, module: str | None = None, path: str = "", depth: int = 0) -> list[tuple[str, str, dict[str, int]]]:
        """(indented instance, module, cells) of module and of the blocks below it; equal blocks are joined."""
        module = module or self.top
        rows = [("  " * depth + (path or plain(module)), plain(module), self.total(module))] if depth == 0 else []
        groups: dict[str, list[str]] = {}
        for name, cell in self.modules[module]["cells"].items():
            kind = cell["type"]
            if kind in self.modules and not is_primitive(self.modules[kind]):
                groups.setdefault(kind, []).append(name)
        for kind, names in sorted(groups.items(), key=lambda item: -luts(self.total(item[0])) * len(item[1])):
            label = names[0] if len(names) == 1 else f"{len(names)} x {names[0]}"
            sums = {key: value * len(names) for key, value in self.total(kind).items()}
            rows.append(("  " * (depth + 1) + label, plain(kind), sums))
            below = self.rows(kind, depth=depth + 1)
            rows += [(a, b, {k: v * len(names) for k, v in sums.items()}) for a, b, sums in below]
        return rows


def is_primitive(module: dict) -> bool:
    attributes = module.get("attributes", {})
    return "blackbox" in attributes or "whitebox" in attributes


def luts(cells: dict[str, int]) -> int:
    return sum(cells.get(kind, 0) * weight for kind, weight in LUTS.items())


def table(rows: list[tuple[str, str, dict[str, int]]]) -> str:
    lines = [f"{'block':<40} {'module':<22} {'LUT':>6}" + "".join(f" {name:>6}" for name in COLUMNS)]
    for label, module, cells in rows:
        counts = [sum(cells.get(kind, 0) for kind in kinds) for kinds in COLUMNS.values()]
        lines.append(f"{label[:40]:<40} {module[:22]:<22} {luts(cells):>6}" + "".join(f" {n:>6}" for n in counts))
    return "\n".join(lines)


def fmax(report: dict) -> float:
    clocks = report.get("fmax", {})
    if not clocks:
        raise SynthError("the report of nextpnr holds no clock: was everything optimised away?")
    return min(clock["achieved"] for clock in clocks.values())


def paths(report: dict, limit: int = 3) -> str:
    """The longest paths between registers: where they start and end, and what they pass."""
    lines = []
    for path in report.get("critical_paths", []):
        hops = path["path"]
        if not hops or "async" in path["from"] or "async" in path["to"]:
            continue
        total = sum(hop["delay"] for hop in hops)
        routing = sum(hop["delay"] for hop in hops if hop["type"] == "routing")
        levels = sum(hop["type"] == "logic" for hop in hops)
        lines.append(f"  {total:.2f} ns ({routing:.2f} routing, {levels} cells) from {hops[0]['from']['cell']}"
                     f" to {hops[-1]['to']['cell']}")
        nets = [hop["net"] for hop in hops if "net" in hop and not re.search(r"(_LUT4_|_COUT|_CIN|\$abc)", hop["net"])]
        if nets:
            lines.append(f"      by {', '.join(dict.fromkeys(nets))}"[:400])
    return "\n".join(lines[:2 * limit])


def ends(report: dict, limit: int) -> str:
    """Where the longest paths end: registers and memories, bits of one joined, with the longest path to each."""
    slowest: dict[str, tuple[float, str]] = {}
    for net in report.get("detailed_net_timings", []):
        for end in net["endpoints"]:
            if "async" in end["event"] or "async" in net["event"]:
                continue
            name = re.sub(r"(_TRELLIS_FF_Q.*|_DPR16X4.*|\.\d+\.\d+(\.\d+)?)$", "", end["cell"])
            delay = max(end["delay"]) if isinstance(end["delay"], list) else end["delay"]
            if delay > slowest.get(name, (0.0, ""))[0]:
                slowest[name] = (delay, net["net"])
    ranked = sorted(slowest.items(), key=lambda item: -item[1][0])[:limit]
    return "\n".join(f"  {delay:6.2f} ns to {name} by {net}"[:200] for name, (delay, net) in ranked)
