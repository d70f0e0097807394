// SPDX-License-Identifier: Apache-2.0
// May a MATMUL read from the scratchpad while earlier ones of the unit are still writing? Compared are hulls:
//   act     act_base .. act_base + (rows - 1) * act_row + ceil(k / 4)
//   rscale  rscale_base .. rscale_base + (rows - 1) * rscale_row + 1
//   cscale  cscale_base, unless column_scales
// with dst_base .. dst_base + (rows - 1) * dst_row + n of each earlier MATMUL that has not ended. start_i:
// the fields are in place, and stay until idle_o. clear_o, from then on: this MATMUL may read; in the same
// cycle if it is the only one, else some rows cycles later, for a cycle, or when those have ended that write
// what it reads. end_i: the oldest has ended. room_o: two or fewer are under way, so that one more may start.
`default_nettype none

module quin_array_overlap (
    input  logic        clk_i,
    input  logic        rst_ni,
    input  logic        start_i,
    input  logic        end_i,
    input  logic [6:0]  rows_i,
    input  logic [14:0] k_i,
    input  logic [19:0] n_i,
    input  logic        column_scales_i,
    input  logic [19:0] act_base_i,
    input  logic [19:0] act_row_i,
    input  logic [19:0] dst_base_i,
    input  logic [19:0] dst_row_i,
    input  logic [19:0] rscale_base_i,
    input  logic [19:0] rscale_row_i,
    input  logic [19:0] cscale_base_i,
    output logic        clear_o,
    output logic        idle_o,
    output logic        room_o
);
    typedef enum logic [1:0] {IDLE, ADD, COMPARE} state_e;
    state_e state_q;

    // Places of the ring: the oldest under way, the one compared with, and this MATMUL's own.
    logic [1:0]  oldest_q, at_q, own_q;
    logic        passed_q;
    logic [6:0]  rows_left_q;
    logic [15:0] k_up;
    logic [20:0] act_end_q, rscale_end_q, dst_end_q;  // the scratchpad may end at 2^20
    logic [40:0] ring [0:3];                          // {end, base} of dst
    logic [40:0] other;
    logic        alone, apart, last, unused_k;

    function automatic logic below(input logic [40:0] written, input logic [19:0] first,
                                   input logic [20:0] behind);
        below = {1'b0, first} < written[40:20] && {1'b0, written[19:0]} < behind;
    endfunction

    assign k_up = {1'b0, k_i} + 16'd3;
    assign unused_k = ^k_up[1:0];
    assign idle_o = state_q == IDLE;
    assign alone = oldest_q == own_q;
    assign other = ring[at_q];
    assign apart = !below(other, act_base_i, act_end_q) && !below(other, rscale_base_i, rscale_end_q) &&
                   (column_scales_i || !below(other, cscale_base_i, {1'b0, cscale_base_i} + 21'd1));
    assign last = at_q == own_q;
    assign clear_o = passed_q || alone;
    assign room_o = own_q - oldest_q != 2'd3;

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            state_q <= IDLE;
            oldest_q <= 2'd0;
            own_q <= 2'd0;
            passed_q <= 1'b0;
        end else begin
            if (end_i) oldest_q <= oldest_q + 2'd1;
            case (state_q)
                IDLE: begin
                    passed_q <= 1'b0;
                    if (start_i) state_q <= ADD;
                end
                ADD: if (rows_left_q == 7'd0) state_q <= COMPARE;
                default:
                    if (alone || last) begin
                        state_q <= IDLE;
                        own_q <= own_q + 2'd1;
                        passed_q <= 1'b1;
                    end
            endcase
        end
    end

    always_ff @(posedge clk_i) begin
        if (state_q == IDLE) begin
            rows_left_q <= rows_i - 7'd1;
            act_end_q <= {1'b0, act_base_i} + {7'd0, k_up[15:2]};
            rscale_end_q <= {1'b0, rscale_base_i} + 21'd1;
            dst_end_q <= {1'b0, dst_base_i} + {1'b0, n_i};
        end else if (state_q == ADD && rows_left_q != 7'd0) begin
            rows_left_q <= rows_left_q - 7'd1;
            act_end_q <= act_end_q + {1'b0, act_row_i};
            rscale_end_q <= rscale_end_q + {1'b0, rscale_row_i};
            dst_end_q <= dst_end_q + {1'b0, dst_row_i};
        end
        if (state_q == IDLE) at_q <= oldest_q + {1'b0, end_i};
        else if ((state_q == COMPARE && !last && apart) || (end_i && at_q == oldest_q)) at_q <= at_q + 2'd1;
        if (state_q == COMPARE) ring[own_q] <= {dst_end_q, dst_base_i};
    end
endmodule

`default_nettype wire
