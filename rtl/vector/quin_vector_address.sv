// SPDX-License-Identifier: Apache-2.0
// Walks rows x groups and gives for each group where its streams begin:
//   place[s] = base[s] + r * row[s] + g * group[s]    s = a, b, c, destination, reduction
// and how many of its elements are visible. A used stream that passes the end of the scratchpad ends the walk
// before its group is given; error_address_o is then the last such stream's place, as in the golden model.
// start_i loads the job; the first group is there two cycles later, then one a cycle.
`default_nettype none
module quin_vector_address #(
    parameter int SpWords = 131072
) (
    input  logic        clk_i,
    input  logic        rst_ni,
    input  logic        start_i,
    input  logic [9:0]  rows_i,
    input  logic [9:0]  groups_i,
    input  logic [99:0] base_i,
    input  logic [99:0] row_i,
    input  logic [99:0] group_i,
    input  logic [4:0]  used_i,
    input  logic [99:0] words_i,
    output logic [9:0]  row_o,
    input  logic        row_ready_i,  // visible_i belongs to row_o
    input  logic [19:0] visible_i,
    output logic        valid_o,
    input  logic        ready_i,
    output logic [99:0] place_o,
    output logic [19:0] visible_o,
    output logic        walking_o,  // groups are left
    output logic        error_o,
    output logic [31:0] error_address_o
);
    localparam int Streams = 5;
    localparam logic [32:0] End = 33'(SpWords);

    logic [9:0] row_q, group_q;
    logic       walking_q, valid_q, error_q, step, take, row_end;
    logic [19:0] visible_q;
    logic [32*Streams-1:0] address_q;
    logic [20*Streams-1:0] place_q;
    logic [Streams-1:0]    beyond;
    logic [31:0]           error_address, error_address_q;

    assign row_o = row_q;
    assign walking_o = walking_q;
    assign valid_o = valid_q;
    assign place_o = place_q;
    assign visible_o = visible_q;
    assign error_o = error_q;
    assign error_address_o = error_address_q;

    assign row_end = group_q == groups_i - 10'd1;
    assign step = walking_q && row_ready_i && (!valid_q || ready_i);
    assign take = step && beyond == 0;

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            walking_q <= 1'b0;
            valid_q <= 1'b0;
            error_q <= 1'b0;
        end else begin
            if (start_i)
                walking_q <= rows_i != 0 && groups_i != 0;
            else if (step)
                walking_q <= beyond == 0 && !(row_end && row_q == rows_i - 10'd1);
            if (!valid_q || ready_i)
                valid_q <= take;
            error_q <= !start_i && (error_q || (step && beyond != 0));
        end
    end

    always_ff @(posedge clk_i) begin
        if (start_i) begin
            row_q <= '0;
            group_q <= '0;
        end else if (take) begin
            group_q <= row_end ? '0 : group_q + 10'd1;
            row_q <= row_end ? row_q + 10'd1 : row_q;
        end
        if (take) visible_q <= visible_i;
        if (step && beyond != 0) error_address_q <= error_address;
    end

    // A row begins one row stride after the row before it, a group one group stride after the group before
    // it.
    genvar s;
    generate
        for (s = 0; s < Streams; s = s + 1) begin : g_stream
            logic [31:0] begin_q, address, next;
            logic [19:0] stride;
            assign address = address_q[32*s +: 32];
            assign stride = row_end ? row_i[20*s +: 20] : group_i[20*s +: 20];
            assign next = (row_end ? begin_q : address) + {12'b0, stride};
            assign beyond[s] = used_i[s] && {1'b0, address} + {13'b0, words_i[20*s +: 20]} > End;
            always_ff @(posedge clk_i) begin
                if (start_i)
                    address_q[32*s +: 32] <= {12'b0, base_i[20*s +: 20]};
                else if (take)
                    address_q[32*s +: 32] <= next;
                if (start_i)
                    begin_q <= {12'b0, base_i[20*s +: 20]};
                else if (take && row_end)
                    begin_q <= next;
                if (take)
                    place_q[20*s +: 20] <= address[19:0];
            end
        end
    endgenerate

    integer i;
    always_comb begin
        error_address = '0;
        for (i = 0; i < Streams; i = i + 1)
            if (beyond[i]) error_address = address_q[32*i +: 32];
    end
endmodule
`default_nettype wire
