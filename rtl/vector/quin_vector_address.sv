// SPDX-License-Identifier: Apache-2.0
// Walks rows x groups and gives for each group where its streams begin:
//   place[s] = base[s] + r * row[s] + g * group[s]    s = a, b, c, destination, reduction
// and how many of its elements are visible. A used stream that passes the end of the scratchpad ends the walk
// before its group is given; error_address_o is then the last such stream's place, as in the golden model.
// start_i loads the job (base_i; the other fields are looked at from the next cycle on, stop_i too, which
// ends the walk at once); the first group is there three cycles later, then one a cycle. valid_o has no ready:
// room_i = 0 stops the walk, and the two groups that may still come must find room.
`default_nettype none
module quin_vector_address (
    input  logic        clk_i,
    input  logic        rst_ni,
    input  logic        start_i,
    input  logic        stop_i,
    input  logic [9:0]  rows_i,
    input  logic [9:0]  groups_i,
    input  logic [99:0] base_i,
    input  logic [99:0] row_i,
    input  logic [99:0] group_i,
    input  logic [4:0]  used_i,
    input  logic [114:0] excess_i,  // of each stream 23 bits: its words in a group - the scratchpad's - 1
    output logic [9:0]  row_o,
    input  logic        row_ready_i,  // visible_i belongs to row_o
    input  logic [19:0] visible_i,
    input  logic        room_i,
    output logic        valid_o,
    output logic [99:0] place_o,
    output logic [19:0] visible_o,
    output logic        walking_o,  // groups are left
    output logic        error_o,
    output logic [20:0] error_address_o
);
    localparam int Streams = 5;
    // A place that is not beyond the end has 20 bits, so the next one has 21; the first that is beyond ends
    // the walk. A stream that is not used may be anywhere.

    logic [9:0]             row_q, rows_left_q, groups_left_q;  // left behind the present one
    logic                   row_end_q, rows_end_q;              // these are 0
    logic                   walking_q, given_q, ready_q, error_q, step, astray;
    logic [19:0]            visible_q;
    logic [21*Streams-1:0]  place;
    logic [Streams-1:0]     beyond;

    assign row_o = row_q;
    assign walking_o = walking_q || given_q;
    assign valid_o = given_q && !astray;
    assign visible_o = visible_q;
    assign error_o = error_q;

    assign step = walking_q && room_i && ready_q;
    assign astray = beyond != 0;

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            walking_q <= 1'b0;
            given_q <= 1'b0;
            ready_q <= 1'b0;
            error_q <= 1'b0;
        end else begin
            if (start_i)
                walking_q <= rows_i != 0 && groups_i != 0;
            else if (stop_i || (given_q && astray) || (step && row_end_q && rows_end_q))
                walking_q <= 1'b0;
            given_q <= step && !stop_i && !(given_q && astray);
            ready_q <= row_ready_i && !start_i && !(step && row_end_q);  // of this row
            error_q <= !start_i && (error_q || (given_q && astray));
        end
    end

    always_ff @(posedge clk_i) begin
        if (start_i || (step && row_end_q)) begin
            groups_left_q <= groups_i - 10'd1;
            row_end_q <= groups_i == 10'd1;
        end else if (step) begin
            groups_left_q <= groups_left_q - 10'd1;
            row_end_q <= groups_left_q == 10'd1;
        end
        if (start_i) begin
            row_q <= '0;
            rows_left_q <= rows_i - 10'd1;
            rows_end_q <= rows_i == 10'd1;
        end else if (step && row_end_q) begin
            row_q <= row_q + 10'd1;
            rows_left_q <= rows_left_q - 10'd1;
            rows_end_q <= rows_left_q == 10'd1;
        end
        if (step) visible_q <= visible_i;
    end

    // A row begins one row stride after the row before it, a group one group stride after the group before
    // it.
    genvar s;
    generate
        for (s = 0; s < Streams; s = s + 1) begin : g_stream
            logic [20:0] begin_q, address_q, place_q, next;
            /* verilator lint_off UNUSEDSIGNAL */ // the sign alone: negative where the words end inside
            logic [22:0] behind;
            /* verilator lint_on UNUSEDSIGNAL */
            logic        over_q;
            logic [19:0] stride;
            assign stride = row_end_q ? row_i[20*s +: 20] : group_i[20*s +: 20];
            assign next = (row_end_q ? begin_q : address_q) + {1'b0, stride};
            assign behind = {2'b0, address_q} + excess_i[23*s +: 23];
            assign beyond[s] = over_q;
            always_ff @(posedge clk_i) begin
                if (start_i) begin
                    address_q <= {1'b0, base_i[20*s +: 20]};
                    begin_q <= {1'b0, base_i[20*s +: 20]};
                end else if (step) begin
                    address_q <= next;
                    if (row_end_q) begin_q <= next;
                end
                if (step) begin
                    place_q <= address_q;
                    over_q <= used_i[s] && !behind[22];
                end
            end
            assign place[21*s +: 21] = place_q;
            assign place_o[20*s +: 20] = place_q[19:0];
        end
    endgenerate

    logic [20:0] address, address_q;
    integer i;
    always_comb begin
        address = '0;
        for (i = 0; i < Streams; i = i + 1)
            if (beyond[i]) address = place[21*i +: 21];
    end
    always_ff @(posedge clk_i)
        if (given_q && astray) address_q <= address;
    assign error_address_o = address_q;
endmodule
`default_nettype wire
