# SPDX-License-Identifier: Apache-2.0
"""The proofs: what is read, how it is proved, how deep; and the bugs that must make each of them fail."""

from dataclasses import dataclass, field

PKG = "rtl/gen/quin_pkg.sv"


@dataclass(frozen=True)
class Proof:
    """One proof: harness `top` in tests/formal, with `files` of the design."""

    name: str
    top: str
    files: tuple[str, ...]
    mode: str  # "prove": induction and all states; "bmc": all runs of `depth` cycles
    depth: int
    params: dict[str, int] = field(default_factory=dict)
    defines: tuple[str, ...] = ()
    ecp5: bool = False  # read with Yosys' own reader and its models of ECP5 cells
    asserts: bool = False  # the assertions inside the design count too
    flat: bool = False  # memories as registers
    rules: bool = False  # the harness uses the AXI rule files


PE = ("rtl/array/quin_pe_add.sv", "rtl/array/quin_pe.sv")
FIFO = ("rtl/common/quin_fifo.sv",)

STREAM = (PKG, *FIFO, *(f"rtl/mem/quin_{n}.sv" for n in
                       ("window_check", "burst_split", "stream_issue", "stream_dma")))

MOVE = (PKG, *FIFO, *(f"rtl/mem/quin_{n}.sv" for n in
                     ("window_check", "burst_split", "move_walk", "move_checksum", "move_data", "move_dma")))

PROOFS = (
    Proof("pe", "pe", PE, "prove", 3, {"CarryBits": 15}),
    Proof("pe-narrow", "pe", PE, "bmc", 18, {"CarryBits": 4}),
    Proof("pe-add", "pe_add", PE[:1], "bmc", 1),
    Proof("pe-add-ecp5", "pe_add", PE[:1], "bmc", 1, defines=("QUIN_ECP5",), ecp5=True),
    Proof("trit-tap", "trit_tap", ("rtl/array/quin_trit_tap.sv",), "bmc", 1),
    Proof("fifo", "fifo", FIFO, "prove", 3, {"Depth": 4, "Width": 4}),
    Proof("fifo-16", "fifo", FIFO, "prove", 3, {"Depth": 16, "Width": 8}),
    Proof("fifo-large", "fifo", FIFO, "prove", 3, {"Depth": 64, "Width": 4}),
    Proof("skid", "skid", ("rtl/common/quin_skid.sv",), "prove", 3),
    Proof("read-mux", "read_mux", (PKG, "rtl/mem/quin_axi_read_mux.sv"), "prove", 3, rules=True),
    Proof("stream-rules", "stream_rules", STREAM[:-1], "prove", 1, {"BusBytes": 4, "StreamBytes": 2}, rules=True),
    Proof("stream-rules-wide", "stream_rules", STREAM[:-1], "prove", 1, {"BusBytes": 16, "StreamBytes": 16}, rules=True),
    Proof("move-rules", "move_rules", MOVE, "prove", 1, {"BusBytes": 4}, asserts=True, rules=True),
    Proof("move-write", "move_write", (PKG, *FIFO, *MOVE[-3:-1]), "prove", 1, {"BusBytes": 8}, asserts=True),
    Proof("move-write-narrow", "move_write", (PKG, *FIFO, *MOVE[-3:-1]), "prove", 1, {"BusBytes": 2}, asserts=True),
    Proof("write-mux", "write_mux", (PKG, *FIFO, "rtl/mem/quin_axi_write_mux.sv"), "prove", 2, rules=True),
    Proof("fetch-rules", "fetch_rules", (PKG, MOVE[2], "rtl/ctrl/quin_command_fetch.sv"), "prove", 1,
          {"BusBytes": 2}, rules=True),
    Proof("stream-receive-slots", "stream_receive", STREAM, "prove", 1, {"BusBytes": 4, "StreamBytes": 2, "FifoBytes": 32},
          asserts=True, flat=True),
    Proof("stream-receive-pack", "stream_receive", STREAM, "prove", 1, {"BusBytes": 2, "StreamBytes": 4, "FifoBytes": 32},
          asserts=True, flat=True),
    Proof("stream-receive", "stream_receive", STREAM, "prove", 1, {"BusBytes": 2, "StreamBytes": 2, "FifoBytes": 16},
          asserts=True, flat=True),
    Proof("stream-order-slots", "stream_order", STREAM, "bmc", 18, {"BusBytes": 4, "StreamBytes": 2}, asserts=True),
    Proof("stream-order-pack", "stream_order", STREAM, "bmc", 18, {"BusBytes": 2, "StreamBytes": 4}, asserts=True),
    Proof("stream-order", "stream_order", STREAM, "bmc", 18, {"BusBytes": 2, "StreamBytes": 2}, asserts=True),
)


@dataclass(frozen=True)
class Mutant:
    """A planted bug: in `file`, `old` becomes `new`; then `proof` must fail at an assertion."""

    proof: str
    file: str
    old: str
    new: str
    what: str


MUTANTS = ()
