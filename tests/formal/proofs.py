# SPDX-License-Identifier: Apache-2.0
"""The proofs: what is read, how it is proved, how deep; and the bugs that must make each fail."""

from dataclasses import dataclass, field

PKG = "rtl/gen/quin_pkg.sv"


@dataclass(frozen=True)
class Proof:
    """One proof: harness `top` in tests/formal, with `files` of the design."""

    name: str
    top: str
    files: tuple[str, ...]
    # "prove": induction over `depth` cycles, so all runs; "bmc": all runs of `depth` cycles;
    # "step": induction by the harness in `depth` parts (parameters Step and Part), so all runs
    mode: str
    depth: int
    params: dict[str, int] = field(default_factory=dict)
    defines: tuple[str, ...] = ()
    ecp5: bool = False  # read with Yosys' own reader and its models of ECP5 cells
    asserts: bool = False  # the assertions inside the design count too
    flat: bool = False  # memories as registers
    slow: bool = False  # not run without --all
    rules: bool = False  # the harness uses the AXI rule files
    skip: int = 0  # cycles from reset in which nothing is asserted, with "bmc"


PE = ("rtl/array/quin_pe_add.sv", "rtl/array/quin_pe.sv")
DRAIN = ("rtl/array/quin_drain_sum.sv", "rtl/array/quin_join.sv")
FIFO = ("rtl/common/quin_fifo.sv",)
SKID_FILE = ("rtl/common/quin_skid.sv",)

STREAM = (
    PKG,
    *FIFO,
    *(
        f"rtl/mem/quin_{n}.sv"
        for n in ("window_check", "burst_split", "stream_issue", "stream_dma")
    ),
)

MOVE = (
    PKG,
    "rtl/common/quin_cell_pkg.sv",
    "rtl/common/quin_delay.sv",
    *FIFO,
    *SKID_FILE,
    *(
        f"rtl/mem/quin_{n}.sv"
        for n in (
            "window_check",
            "burst_split",
            "move_walk",
            "move_checksum",
            "move_data",
            "move_dma",
        )
    ),
)

PROOFS = (
    Proof("pe", "pe", PE, "prove", 3, {"CarryBits": 15}),
    Proof("pe-narrow", "pe", PE, "bmc", 18, {"CarryBits": 4}),
    Proof("pe-add", "pe_add", PE[:1], "bmc", 1),
    Proof("pe-add-ecp5", "pe_add", PE[:1], "bmc", 1, defines=("QUIN_ECP5",), ecp5=True),
    Proof("drain-cells", "drain_cells", DRAIN, "bmc", 3),
    Proof("drain-cells-ecp5", "drain_cells", DRAIN, "bmc", 3, defines=("QUIN_ECP5",), ecp5=True),
    Proof("trit-tap", "trit_tap", ("rtl/array/quin_trit_tap.sv",), "bmc", 1),
    Proof("fifo", "fifo", FIFO, "prove", 3, {"Depth": 4, "Width": 4}),
    Proof("fifo-16", "fifo", FIFO, "prove", 3, {"Depth": 16, "Width": 8}),
    Proof("fifo-large", "fifo", FIFO, "prove", 3, {"Depth": 64, "Width": 4}),
    Proof("skid", "skid", ("rtl/common/quin_skid.sv",), "prove", 3),
    Proof("read-mux", "read_mux", (PKG, "rtl/mem/quin_axi_read_mux.sv"), "prove", 3, rules=True),
    Proof(
        "stream-rules",
        "stream_rules",
        STREAM[:-1],
        "prove",
        1,
        {"BusBytes": 4, "StreamBytes": 2},
        rules=True,
    ),
    Proof(
        "stream-rules-pack",
        "stream_rules",
        STREAM[:-1],
        "prove",
        1,
        {"BusBytes": 2, "StreamBytes": 4},
        rules=True,
    ),
    Proof(
        "stream-rules-wide",
        "stream_rules",
        STREAM[:-1],
        "prove",
        1,
        {"BusBytes": 16, "StreamBytes": 16},
        rules=True,
    ),
    Proof("move-rules", "move_rules", MOVE, "prove", 1, {"BusBytes": 4}, asserts=True, rules=True),
    Proof(
        "move-write",
        "move_write",
        (*MOVE[:3], *FIFO, "tests/formal/skid_through.sv", *MOVE[-3:-1]),
        "prove",
        1,
        {"BusBytes": 8},
        asserts=True,
    ),
    Proof(
        "move-write-narrow",
        "move_write",
        (*MOVE[:3], *FIFO, "tests/formal/skid_through.sv", *MOVE[-3:-1]),
        "prove",
        1,
        {"BusBytes": 2},
        asserts=True,
    ),
    Proof(
        "write-mux",
        "write_mux",
        (PKG, *FIFO, *SKID_FILE, "rtl/mem/quin_axi_write_mux.sv"),
        "prove",
        2,
        rules=True,
    ),
    Proof(
        "fetch-rules",
        "fetch_rules",
        (PKG, STREAM[2], "rtl/ctrl/quin_command_fetch.sv"),
        "prove",
        1,
        {"BusBytes": 2},
        rules=True,
    ),
    Proof(
        "stream-receive-slots",
        "stream_receive",
        STREAM,
        "step",
        9,
        {"BusBytes": 4, "StreamBytes": 2, "FifoBytes": 32},
        flat=True,
        slow=True,
    ),
    Proof(
        "stream-receive-pack",
        "stream_receive",
        STREAM,
        "step",
        9,
        {"BusBytes": 2, "StreamBytes": 4, "FifoBytes": 32},
        flat=True,
        slow=True,
    ),
    Proof(
        "stream-receive",
        "stream_receive",
        STREAM,
        "step",
        9,
        {"BusBytes": 2, "StreamBytes": 2, "FifoBytes": 16},
        flat=True,
        slow=True,
    ),
    Proof(
        "stream-order-slots",
        "stream_order",
        STREAM,
        "bmc",
        12,
        {"BusBytes": 4, "StreamBytes": 2, "FifoBytes": 32},
        asserts=True,
        flat=True,
    ),
    Proof(
        "stream-order-pack",
        "stream_order",
        STREAM,
        "bmc",
        12,
        {"BusBytes": 2, "StreamBytes": 4, "FifoBytes": 32},
        asserts=True,
        flat=True,
    ),
    Proof(
        "stream-order-eager",
        "stream_order",
        STREAM,
        "bmc",
        34,
        {
            "BusBytes": 2,
            "StreamBytes": 2,
            "FifoBytes": 32,
            "TileBeats": 2,
            "Eager": 1,
            "Cycles": 34,
        },
        flat=True,
    ),
)


@dataclass(frozen=True)
class Mutant:
    """A planted bug: `old` becomes `new` in `file`; `proof` must fail within `depth` cycles."""

    proof: str
    depth: int
    file: str
    old: str
    new: str
    what: str
    skip: int = 0  # cycles from reset before it can be seen, which are not looked at


ADD, PE_FILE, TAP = "rtl/array/quin_pe_add.sv", "rtl/array/quin_pe.sv", "rtl/array/quin_trit_tap.sv"
QUEUE, SKID, READ = FIFO[0], SKID_FILE[0], "rtl/mem/quin_axi_read_mux.sv"
WRITE, FETCH = "rtl/mem/quin_axi_write_mux.sv", "rtl/ctrl/quin_command_fetch.sv"
CHECK, SPLIT, ISSUE, DMA = STREAM[2:]
WALK, DATA, MOVER = MOVE[-4], MOVE[-2], MOVE[-1]

MUTANTS = (
    Mutant(
        "pe",
        5,
        ADD,
        "{{CarryBits{operand[7]}}, operand, minus_i}",
        "{{CarryBits{1'b0}}, operand, minus_i}",
        "the sign of the operand does not reach the carry count",
    ),
    Mutant(
        "pe", 5, ADD, "(~a_i & {8{minus_i}})", "(a_i & {8{minus_i}})", "-a without the complement"
    ),
    Mutant(
        "pe",
        5,
        PE_FILE,
        "else if (en_i) {hi_q, lo_q} <= sum;",
        "else {hi_q, lo_q} <= sum;",
        "adds without a beat",
    ),
    Mutant(
        "pe",
        5,
        PE_FILE,
        "if (end_i) shadow_o <= sum;",
        "if (en_i) shadow_o <= sum;",
        "the shadow changes before the tile's end",
    ),
    Mutant(
        "pe-narrow",
        18,
        "tests/formal/pe.sv",
        "(32'sd1 <<< CarryBits) - 32'sd1",
        "(32'sd1 <<< CarryBits)",
        "one beat more than the carry count holds",
    ),
    Mutant(
        "pe-add", 1, ADD, "operand, minus_i};", "operand, 1'b0};", "-a without the one from below"
    ),
    Mutant(
        "pe-add-ecp5",
        1,
        ADD,
        "16'h000a : 16'ha96a)",
        "16'h000a : 16'ha96b)",
        "a wrong LUT in the carry cells",
    ),
    Mutant("drain-cells", 3, DRAIN[0], "(x_i | y_i)", "(x_i ^ y_i)", "an exclusive or"),
    Mutant("drain-cells-ecp5", 3, DRAIN[0], ".INIT1(16'h56aa)", ".INIT1(16'h66aa)", "a wrong LUT in the carry cells"),
    Mutant("trit-tap", 1, TAP, "!byte_i[7] && !sum[7]", "!byte_i[7] && sum == 8'd0", "-1 is taken for 0"),
    Mutant(
        "trit-tap",
        1,
        TAP,
        "{sum[6:0], byte_i[0]}",
        "{sum[6:0], 1'b0}",
        "the remainder loses a bit",
    ),
    Mutant(
        "fifo",
        8,
        QUEUE,
        "ready_o = wptr_q != {!rptr_q[PtrBits], rptr_q[PtrBits-1:0]}",
        "ready_o = 1'b1",
        "takes a word when full",
    ),
    Mutant(
        "fifo",
        8,
        QUEUE,
        "assign pop = valid_o && ready_i",
        "assign pop = ready_i",
        "gives words that are not there",
    ),
    Mutant(
        "fifo-16",
        20,
        QUEUE,
        "if (push) wptr_q <= wptr_q + 1'b1",
        "if (valid_i) wptr_q <= wptr_q + 1'b1",
        "counts a word that it refused",
    ),
    Mutant(
        "fifo-large",
        10,
        QUEUE,
        "passed_q <= !waiting;",
        "passed_q <= 1'b1;",
        "takes the youngest word for the oldest",
    ),
    Mutant(
        "fifo-large",
        10,
        QUEUE,
        "there_q <= there_q + 3'(arriving_q) - 3'(pop)",
        "there_q <= there_q + 3'(arriving_q)",
        "gives a word again",
    ),
    Mutant(
        "skid",
        8,
        SKID,
        "if (valid_i && ready_o) spare_q",
        "if (valid_i) spare_q",
        "overwrites the spare word",
    ),
    Mutant(
        "read-mux",
        6,
        READ,
        "take = !valid_q;",
        "take = 1'b1;",
        "replaces an address that waits",
    ),
    Mutant("read-mux", 6, READ, "id = 4'(c)", "id = 4'd0", "another client's id"),
    Mutant(
        "write-mux",
        8,
        WRITE,
        "(open_q == '0 || owner_q == choice)",
        "1'b1",
        "data of two clients interleave",
    ),
    Mutant(
        "write-mux",
        8,
        WRITE,
        "{open_q != '0 && owner_q && data_ready,",
        "{open_q != '0 && owner_q,",
        "takes a beat when the stage is full",
    ),
    Mutant(
        "fetch-rules",
        8,
        FETCH,
        "checked_q <= count_q != '0 && !checked_q",
        "checked_q <= !checked_q",
        "the check of other bytes",
    ),
    Mutant(
        "fetch-rules",
        8,
        FETCH,
        "count = to_boundary < Most ? to_boundary : Most;",
        "count = Most;",
        "a burst across 4 KiB",
    ),
    Mutant(
        "fetch-rules",
        8,
        FETCH,
        "checked_q && hits_q != '0",
        "checked_q",
        "reads what is not granted",
    ),
    Mutant(
        "stream-rules",
        8,
        SPLIT,
        "near = (address_i | BurstMask) == 12'hfff",
        "near = 1'b0",
        "a burst across 4 KiB",
    ),
    Mutant(
        "stream-rules",
        8,
        CHECK,
        "past_i[39:0] <= limit",
        "address_i[39:0] < limit",
        "only the first byte is checked",
    ),
    Mutant(
        "stream-rules",
        10,
        ISSUE,
        "&& (fill || !ar_valid_q);",
        ";",
        "replaces an address that waits",
    ),
    Mutant(
        "stream-rules-wide",
        8,
        ISSUE,
        "if (checked_q && hit_q == '0 && !fill)",
        "if (1'b0)",
        "reads what is not granted",
    ),
    Mutant(
        "move-rules",
        15,
        WALK,
        ".write_i  (store_i)",
        ".write_i  (1'b0)",
        "writes with the right to read",
        skip=14,
    ),
    Mutant(
        "move-rules",
        15,
        MOVER,
        "address_q <= burst_address & BeatMask",
        "address_q <= burst_address",
        "an address within a bus beat",
        skip=14,
    ),
    Mutant(
        "move-write",
        10,
        DATA,
        "ask_bus_strb, ask_index, ask_end, ask_last}),",
        "ask_bus_strb, ask_index, ask_end, ask_end}),",
        "last on every beat",
    ),
    Mutant("move-write", 10, DATA, "got_end_q ? '0 : strb", "strb", "strobes of the beat before"),
    Mutant(
        "move-write-narrow",
        10,
        DATA,
        "{1'b0, bus_q} + (BusLog + 1)'(count)",
        "{1'b0, bus_q} + (BusLog + 1)'(1)",
        "beats that end late",
    ),
    Mutant(
        "stream-receive-pack",
        12,
        DMA,
        "out_pop ? 7'(Pack) : 7'd0",
        "out_pop ? 7'd7 : 7'd0",
        "more credit than room",
    ),
    Mutant(
        "stream-receive",
        10,
        DMA,
        "last_beat ? '0 : beat_q + 1'b1",
        "beat_q + 1'b1",
        "bursts that do not end",
    ),
    Mutant(
        "stream-order-slots",
        12,
        DMA,
        "begun_q <= !entry_end;",
        "begun_q <= 1'b0;",
        "a beat's first slot again",
    ),
    Mutant(
        "stream-order-eager",
        34,
        ISSUE,
        "left_q <= left_q - 35'(bytes_q)",
        "left_q <= left_q",
        "a tile that never ends",
    ),
    Mutant(
        "stream-order-pack",
        12,
        DMA,
        "assign entry_data = {r_data_i, part_q}",
        "assign entry_data = {part_q, r_data_i}",
        "the parts of a beat in the wrong order",
    ),
    Mutant(
        "stream-order-pack",
        12,
        DMA,
        "last_beat && note_last, error",
        "note_last, error",
        "done with the first beat",
    ),
)
