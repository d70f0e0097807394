// SPDX-License-Identifier: Apache-2.0
// 64-bit counters of rtl/spec/counters.def: each adds its increment every cycle. One increment of 20 bits a counter, by
// index; clear_i sets all to 0: those that are read a cycle later are 0, and increments count again a cycle behind
// those. Read one 32-bit word at a time: data_o is the word as it was in the cycle of word_i, the cycle after.
//   count[i] = total[i] + recent[i]:  recent, in registers, takes the increments; in turn, each counter once in Places
//   cycles, it is picked, starts anew, and a cycle later is added to total, in LUT RAM. After clear_i a total counts when
//   it was visited.
// An increment counts a cycle after it was there.
`default_nettype none

module quin_counters #(
    parameter int Places = quin_pkg::COUNTERS,
    parameter int PeBits = 16        // of the increments of ADDS, ADDS_SKIPPED and WRAPS
) (
    input  logic                 clk_i,
    input  logic                 rst_ni,
    input  logic                 clear_i,
    input  logic [20*Places-1:0] add_i,
    input  logic [5:0]           word_i,
    output logic [31:0]          data_o
);
    localparam int Bits = $clog2(Places);
    localparam int Slot = 32;       // bits of `recent` a counter has

    // Bits of a counter's increment; 0: no such counter.
    function automatic int add_bits(input int i);
        case (i)
            quin_pkg::COUNT_ADDS, quin_pkg::COUNT_ADDS_SKIPPED, quin_pkg::COUNT_WRAPS: add_bits = PeBits;
            quin_pkg::COUNT_VECTOR_ELEMENTS, quin_pkg::COUNT_VECTOR_FUNCS: add_bits = 20;
            quin_pkg::COUNT_COMMAND_BYTES, quin_pkg::COUNT_STREAM_BYTES: add_bits = 10;
            quin_pkg::COUNT_COMMANDS, quin_pkg::COUNT_LOAD_BYTES, quin_pkg::COUNT_STORE_BYTES: add_bits = 3;
            quin_pkg::COUNT_DRAIN_VALUES, quin_pkg::COUNT_CYCLES, quin_pkg::COUNT_BUSY_CYCLES,
            quin_pkg::COUNT_STREAM_CYCLES, quin_pkg::COUNT_STALL_STREAM, quin_pkg::COUNT_STALL_VECTOR,
            quin_pkg::COUNT_STALL_DMA, quin_pkg::COUNT_STALL_DRAIN: add_bits = 1;
            default: add_bits = 0;
        endcase
    endfunction

    logic [20*Places-1:0] add_q;    // amounts come from all over a device
    logic [63:0] total [0:Places-1];
    logic [Slot*Places-1:0] recent;
    logic [Bits-1:0] visit_q;
    logic stale_q;                  // totals from visit_q on are those before clear_i
    logic [Bits-1:0] picked_at_q;   // what was picked, and for which total
    logic [Slot-1:0] picked_q;
    logic first_q;                  // that total is one from before clear_i
    logic [63:0] sum;
    logic clear_q;                  // or reset

    always_ff @(posedge clk_i) begin
        add_q <= add_i;
        clear_q <= !rst_ni || clear_i;
    end

    for (genvar i = 0; i < Places; i++) begin : g_counter
        localparam int AddBits = add_bits(i);
        if (AddBits != 0) begin : g_some
            localparam int Width = AddBits + Bits;
            logic [Width-1:0] recent_q;
            always_ff @(posedge clk_i) begin
                if (clear_q) recent_q <= '0;
                else recent_q <= (visit_q == Bits'(i) ? '0 : recent_q) + Width'(add_q[20*i +: AddBits]);
            end
            assign recent[Slot*i +: Slot] = Slot'(recent_q);
        end else begin : g_none
            assign recent[Slot*i +: Slot] = '0;
        end
    end

    assign sum = (first_q ? 64'd0 : total[picked_at_q]) + 64'(picked_q);
    always_ff @(posedge clk_i) begin
        total[picked_at_q] <= sum;
        picked_at_q <= visit_q;
        picked_q <= clear_q ? '0 : recent[{visit_q, 5'd0} +: Slot];
        first_q <= clear_q || stale_q;
        if (clear_q) begin
            visit_q <= '0;
            stale_q <= 1'b1;
        end else begin
            visit_q <= visit_q + 1'b1;
            if (visit_q == Bits'(Places - 1)) stale_q <= 1'b0;
        end
    end

    // ---- reads: both parts, then their sum ----
    logic [Bits-1:0] place;
    logic [63:0] read_total_q, read;
    logic [Slot-1:0] read_recent_q;
    logic high_q;

    assign place = word_i[Bits:1];
    always_ff @(posedge clk_i) begin
        read_total_q <= clear_q ? 64'd0 : place == picked_at_q ? sum : stale_q && place >= visit_q ? 64'd0
            : total[place];
        read_recent_q <= clear_q ? '0 : recent[{place, 5'd0} +: Slot];
        high_q <= word_i[0];
    end
    assign read = read_total_q + 64'(read_recent_q);
    assign data_o = high_q ? read[63:32] : read[31:0];

`ifndef SYNTHESIS
    // The same by the definition, for observers of a simulation.
    logic [63:0] count_q [0:Places-1] /* verilator public_flat_rd */;
    logic [63:0] seen_q;
    always @(posedge clk_i) begin
        for (int i = 0; i < Places; i++) begin
            if (clear_q) count_q[i] <= '0;
            else if (add_q[20*i +: 20] != '0) count_q[i] <= count_q[i] + 64'(add_q[20*i +: 20]);
        end
        seen_q <= clear_q ? 64'd0 : count_q[place];
        if (rst_ni) assert (read == seen_q);
    end
`endif
endmodule

`default_nettype wire
