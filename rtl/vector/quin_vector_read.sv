// SPDX-License-Identifier: Apache-2.0
// Reads the operands of a group: the scalars once, then line by line each vector in turn, as far as elements
// are visible. What comes back stands in one queue an operand: a line for each LineWords elements, or a line
// with the scalar in its lowest Lanes words for the whole group. Groups follow each other without a pause.
// Never asks for a line that would find its queue full, so the answers need no handshake. An immediate stands
// in its queue like a scalar, for all groups: put there in the two cycles behind start_i, which empties the
// queues.
`default_nettype none
module quin_vector_read #(
    parameter int Lanes = 4,
    parameter int LineWords = 4,
    parameter int AddrBits = 20 - $clog2(LineWords)  // derived
) (
    input  logic                    clk_i,
    input  logic                    rst_ni,
    input  logic                    start_i,    // a job begins; the following five are there a cycle later
    input  logic [2:0]              imm_i,      // operands that are immediates
    input  logic [31:0]             imm1_i,     // of a and b
    input  logic [31:0]             imm2_i,     // of c
    input  logic                    b_is_a_i,   // b gets the lines of a
    input  logic [2:0]              vector_i,
    input  logic [2:0]              scalar_i,
    input  logic                    valid_i,    // the next group's operands
    output logic                    ready_o,
    input  logic [59:0]             place_i,
    input  logic                    some_i,    // of the group's elements are visible,
    input  logic                    one_i,     // in one line,
    input  logic [AddrBits-1:0]     lines_i,   // in so many; a whole memory of lines is 0
    output logic                    read_valid_o,
    input  logic                    read_ready_i,
    output logic [AddrBits-1:0]     read_addr_o,
    input  logic                    rvalid_i,   // answers in the order of the requests
    input  logic [32*LineWords-1:0] rdata_i,
    output logic [2:0]              head_valid_o,
    input  logic [2:0]              head_ready_i,  // takes one, only while valid
    output logic [96*LineWords-1:0] head_o,
    output logic                    idle_o
);
    localparam int LineBits = $clog2(LineWords);
    localparam int Depth = 16;  // lines an operand

    // ---- requests ---- due_q: what is left of the scalars (low) and of the vectors' present line (high);
    // the lowest bit, now_q, is next.
    logic [5:0]            due_q, due, now_q, next, rest;
    logic [AddrBits-1:0]   lines_q;  // lines left, the present one included
    logic [3*AddrBits-1:0] addr_q;
    logic [3*LineBits-1:0] word_q;
    logic [2:0]            sel, room;
    logic                  busy_q, last_q, room_q;  // last_q: no line behind the present one
    logic                  accept, line_end, finish, load;

    assign rest = due_q & ~now_q;
    assign sel = now_q[5:3] | now_q[2:0];
    assign read_valid_o = busy_q && room_q;
    assign accept = read_valid_o && read_ready_i;
    assign line_end = rest == 0;
    assign finish = line_end && last_q;
    assign ready_o = !busy_q || (accept && finish);
    assign load = valid_i && ready_o;
    assign idle_o = !busy_q && !valid_i;

    always_comb begin
        if (!busy_q || finish)
            due = valid_i && some_i ? {vector_i, scalar_i} : '0;
        else
            due = line_end ? {vector_i, 3'b0} : rest;
    end

    // The lowest of what is due.
    always_comb begin
        next[0] = due[0];
        next[1] = due[1] && !due[0];
        next[2] = due[2] && due[1:0] == 0;
        next[3] = due[3] && due[2:0] == 0;
        next[4] = due[4] && due[3:0] == 0;
        next[5] = due[5] && due[4:0] == 0;
    end

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            due_q <= '0;
            now_q <= '0;
            busy_q <= 1'b0;
        end else if (accept || !busy_q) begin
            due_q <= due;
            now_q <= next;
            busy_q <= due != 0;
        end
        if (load) begin
            lines_q <= lines_i;
            last_q <= vector_i == 0 || one_i;
        end else if (accept && line_end) begin
            lines_q <= lines_q - 1'b1;
            last_q <= vector_i == 0 || lines_q == 2;
        end
    end

    genvar s;
    generate
        for (s = 0; s < 3; s = s + 1) begin : g_addr
            always_ff @(posedge clk_i) begin
                if (load) begin
                    addr_q[AddrBits*s +: AddrBits] <= place_i[20*s + LineBits +: AddrBits];
                    word_q[LineBits*s +: LineBits] <= place_i[20*s +: LineBits];
                end else if (accept && sel[s]) begin
                    addr_q[AddrBits*s +: AddrBits] <= addr_q[AddrBits*s +: AddrBits] + 1'b1;
                end
            end
        end
    endgenerate

    logic [LineBits-1:0] word;
    assign read_addr_o = (addr_q[0 +: AddrBits] & {AddrBits{sel[0]}}) |
                         (addr_q[AddrBits +: AddrBits] & {AddrBits{sel[1]}}) |
                         (addr_q[2*AddrBits +: AddrBits] & {AddrBits{sel[2]}});
    assign word = (word_q[0 +: LineBits] & {LineBits{sel[0]}}) |
                  (word_q[LineBits +: LineBits] & {LineBits{sel[1]}}) |
                  (word_q[2*LineBits +: LineBits] & {LineBits{sel[2]}});

    // ---- answers ----
    // Which operands a line is for, and which word of it if that is a scalar. Three requests at most are
    // open.
    logic [LineBits+3:0] tag;
    logic                unused_tag_valid, rvalid_q;
    logic [2:0]          into;
    logic [2:0]          unused_tag_count;
    quin_vector_queue #(.Width(LineBits + 4), .Depth(4)) tags (
        .clk_i, .rst_ni, .clear_i(1'b0), .push_i(accept), .data_i({now_q[2:0] != 0, into, word}),
        .pop_i(rvalid_q),
        .valid_o(unused_tag_valid), .data_o(tag), .count_o(unused_tag_count)
    );

    assign into = sel | {1'b0, b_is_a_i && sel[0], 1'b0};

    // The answer stands in a register before anything is done with it.
    logic [31:0]             word_value;
    logic [32*LineWords-1:0] rdata_q, line;
    logic [1:0]              start_q;  // the cycles in which immediates come
    always_ff @(posedge clk_i) begin
        rvalid_q <= rst_ni && rvalid_i;
        start_q <= {start_q[0] && rst_ni, start_i && rst_ni};
        if (rvalid_i) rdata_q <= rdata_i;
    end
    always_comb begin
        word_value = rdata_q[{tag[LineBits-1:0], 5'b0} +: 32];
        if (start_q[0]) word_value = imm1_i;
        if (start_q[1]) word_value = imm2_i;
    end
    assign line[32*Lanes-1:0] = tag[LineBits+3] || start_q != 0 ? {Lanes{word_value}} : rdata_q[32*Lanes-1:0];
    generate
        if (Lanes < LineWords) begin : g_rest
            assign line[32*LineWords-1:32*Lanes] = rdata_q[32*LineWords-1:32*Lanes];
        end
    endgenerate

    generate
        for (s = 0; s < 3; s = s + 1) begin : g_queue
            logic [4:0] unused_count;
            logic [4:0] held_q;  // lines asked for and not used up; room_q is three cycles late
            logic       asked_q, push, pop, popped_q;
            assign push = (rvalid_q && tag[LineBits+s]) || (imm_i[s] && start_q[s == 2]);
            assign pop = head_ready_i[s];
            quin_vector_queue #(.Width(32 * LineWords), .Depth(Depth)) queue (
                .clk_i, .rst_ni, .clear_i(start_i), .push_i(push), .data_i(line), .pop_i(pop),
                .valid_o(head_valid_o[s]), .data_o(head_o[32*LineWords*s +: 32*LineWords]),
                .count_o(unused_count)
            );
            always_ff @(posedge clk_i) begin
                asked_q <= rst_ni && accept && into[s];
                popped_q <= rst_ni && pop;
                if (!rst_ni)
                    held_q <= '0;
                else
                    held_q <= held_q + {4'b0, asked_q} - {4'b0, popped_q};
            end
            assign room[s] = held_q < 5'(Depth - 2);
            logic unused;
            assign unused = ^unused_count;
        end
    endgenerate
    always_ff @(posedge clk_i)
        room_q <= rst_ni && (&room);

    logic unused;
    assign unused = ^{unused_tag_valid, unused_tag_count};
endmodule
`default_nettype wire
