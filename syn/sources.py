# SPDX-License-Identifier: Apache-2.0
"""Which files a top needs, and the wrapper that puts any top behind four pins."""
import re

from wasm_tools import ROOT, SynthError

PACKAGES = [path.relative_to(ROOT).as_posix()
            for path in sorted((ROOT / "rtl").glob("*/*_pkg.sv"), key=lambda f: (f.parent.name != "gen", f))]
CORE = "pythondata_cpu_picorv32/verilog/picorv32.v"  # in the environment's site-packages


def files_of(top: str, site: str) -> list[str]:
    """The packages and the files of every module below top. A module stands in the file of its name."""
    where = {path.stem: path.relative_to(ROOT).as_posix()
             for folder in ("rtl", "syn") for path in sorted((ROOT / folder).rglob("quin_*.sv"))}
    where["picorv32"] = where["picorv32_axi"] = f"{site}/{CORE}"
    if top not in where:
        raise SynthError(f"no file rtl/*/{top}.sv; the top is the name of a module of the project.")
    needed, queue = [], [top]
    while queue:
        module = queue.pop()
        if where[module] in needed or where[module] in PACKAGES:
            continue
        needed.append(where[module])
        text = re.sub(r"//[^\n]*", "", (ROOT / where[module]).read_text())
        if module.startswith("quin_"):
            queue += [name for name in set(re.findall(r"\b(?:quin|picorv32)_?\w*", text)) if name in where]
    return PACKAGES + sorted(needed)


def wrapper(top: str, parameters: dict[str, int], ports: dict[str, dict]) -> str:
    """quin_wrap: inputs of top come from a shift register, outputs are registered and folded into another one, so
    that nothing is optimised away, every path of top ends in registers and the whole has four pins."""
    inputs = [(name, len(port["bits"])) for name, port in ports.items()
              if port["direction"] == "input" and name not in ("clk_i", "rst_ni")]
    outputs = [(name, len(port["bits"])) for name, port in ports.items() if port["direction"] == "output"]
    taken, given = sum(width for _, width in inputs), sum(width for _, width in outputs)
    links, at = [f".{name}({name})" for name in ("clk_i", "rst_ni") if name in ports], 0
    for name, width in inputs:
        links.append(f".{name}(in_q[{at} +: {width}])")
        at += width
    at = 0
    for name, width in outputs:
        links.append(f".{name}(out[{at} +: {width}])")
        at += width
    values = ", ".join(f".{name}({value})" for name, value in parameters.items())
    head = f"{top} #({values}) dut" if values else f"{top} dut"
    return f"""module quin_wrap (input logic clk_i, input logic reset_n_i, input logic bit_i, output logic bit_o);
    logic rst_ni;
    logic [{taken}:0] in_q;
    logic [{given - 1}:0] out, out_q;
    logic [{given}:0] fold_q;
    always_ff @(posedge clk_i) begin
        rst_ni <= reset_n_i;
        in_q <= {{in_q[{taken - 1}:0], bit_i}};
        out_q <= out;
        fold_q <= {{fold_q[{given - 1}:0], 1'b0}} ^ {{1'b0, out_q}};
    end
    assign bit_o = fold_q[{given}];
    {head} (
        {(', ' + chr(10) + '        ').join(links)}
    );
endmodule
"""
