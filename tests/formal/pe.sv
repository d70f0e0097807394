// SPDX-License-Identifier: Apache-2.0
// Proof: in a tile of up to 2^CarryBits - 1 beats a PE's {hi, lo} is the exact sum of trit * a, the shadow the exact
// sum of the tile before, wrap_o tells when hi moves, and nothing changes without a beat or for a zero trit.
`default_nettype none

module pe #(
    parameter int CarryBits = 15
) (
    input logic       clk_i,
    input logic       rst_ni,
    input logic       en_i,
    input logic       end_i,
    input logic       plus_i,
    input logic       minus_i,
    input logic [7:0] a_i
);
    localparam int SumBits = CarryBits + 8;
    localparam logic signed [31:0] MaxBeats = (32'sd1 <<< CarryBits) - 32'sd1;

    logic wrap;
    logic [SumBits-1:0] shadow, acc;
    quin_pe #(.CarryBits(CarryBits)) dut (
        .clk_i, .rst_ni, .en_i, .end_i, .plus_i, .minus_i, .a_i, .wrap_o(wrap), .shadow_o(shadow)
    );
    assign acc = {dut.hi_q, dut.lo_q};

    // The reference: a 32-bit sum and the beats in it.
    logic signed [31:0] a, operand, exact_q, next, beats_q, shadow_exact_q, acc_exact, shadow_value;
    logic started_q, shadow_known_q;
    assign a = {{24{a_i[7]}}, a_i};
    assign operand = plus_i ? a : minus_i ? -a : 32'sd0;
    assign next = exact_q + operand;
    assign acc_exact = {{32 - SumBits{acc[SumBits-1]}}, acc};
    assign shadow_value = {{32 - SumBits{shadow[SumBits-1]}}, shadow};

    initial started_q = 1'b0;
    initial shadow_known_q = 1'b0;
    always_ff @(posedge clk_i) begin
        started_q <= 1'b1;
        if (!rst_ni || end_i) begin
            exact_q <= 32'sd0;
            beats_q <= 32'sd0;
        end else if (en_i) begin
            exact_q <= next;
            beats_q <= beats_q + 32'sd1;
        end
        if (rst_ni && en_i && end_i) begin
            shadow_exact_q <= next;
            shadow_known_q <= 1'b1;
        end else if (!rst_ni || end_i) shadow_known_q <= 1'b0;
    end

    // The cycle before.
    logic held_q, kept_q;
    logic [SumBits-1:0] past_acc_q, past_shadow_q;
    initial held_q = 1'b0;
    initial kept_q = 1'b0;
    always_ff @(posedge clk_i) begin
        past_acc_q <= acc;
        past_shadow_q <= shadow;
        held_q <= rst_ni && (!en_i || (!end_i && (!(plus_i || minus_i) || a_i == 8'd0)));
        kept_q <= rst_ni && !end_i;
    end

    always_comb begin
        if (!started_q) assume (!rst_ni);
        assume (!(plus_i && minus_i));
        if (started_q && en_i) assume (beats_q < MaxBeats);
        if (started_q && end_i && !en_i) assume (beats_q == 32'sd0);  // a place that is not in use
        if (started_q) begin
            assert (acc_exact == exact_q);
            assert (beats_q >= 32'sd0 && beats_q <= MaxBeats);
            assert (exact_q <= (beats_q <<< 7) && -exact_q <= (beats_q <<< 7));
            if (rst_ni) assert (wrap == (en_i && exact_q[31:8] != next[31:8]));
            if (shadow_known_q) assert (shadow_value == shadow_exact_q);
        end
        if (held_q) assert (acc == past_acc_q);
        if (kept_q) assert (shadow == past_shadow_q);
    end
endmodule

`default_nettype wire
