// SPDX-License-Identifier: Apache-2.0
// Gathers formatted elements into lines with byte strobes: element i of a group is word i (F32), half word i
// (CODE10) or byte i (INT8, INT8_LOW, CODE5) from the group's address on. A line leaves when it is complete
// or its group ends; at most Held lines are on their way, which issue sees to. An element's place is known
// before its step, so each byte of the line has one element per format that can be there; a short element
// stands in its 32 bits as often as it fits.
`default_nettype none
module quin_vector_write #(
    parameter int Lanes = 4,
    parameter int LineWords = 4,
    parameter int Held = 16,
    parameter int AddrBits = 20 - $clog2(LineWords)  // derived
) (
    input  logic                    clk_i,
    input  logic                    rst_ni,
    input  logic [2:0]              format_i,
    input  logic                    valid_i,
    input  logic [2*Lanes:0]        meta_i,
    input  logic [32*Lanes-1:0]     element_i,
    output logic                    dst_pop_o,   // the next group's first line
    input  logic [AddrBits-1:0]     dst_addr_i,
    output logic                    line_valid_o,
    input  logic                    line_ready_i,
    output logic [AddrBits-1:0]     line_addr_o,
    output logic [32*LineWords-1:0] line_o,
    output logic [4*LineWords-1:0]  line_strb_o
);
    localparam int Bytes = 4 * LineWords;
    localparam int PosBits = $clog2(Bytes / Lanes);

    // The format is there some cycles before the first element.
    logic [PosBits-1:0] pos_q, pos_end;
    logic               last, word, half, line_end;
    assign last = meta_i[2*Lanes];
    always_ff @(posedge clk_i) begin
        word <= format_i == quin_pkg::FORMAT_F32;
        half <= format_i == quin_pkg::FORMAT_CODE10;
    end
    always_comb begin
        if (word)
            pos_end = PosBits'(Bytes / (4 * Lanes) - 1);
        else
            pos_end = half ? PosBits'(Bytes / (2 * Lanes) - 1) : PosBits'(Bytes / Lanes - 1);
    end
    assign line_end = last || pos_q == pos_end;
    always_ff @(posedge clk_i) begin
        if (!rst_ni)
            pos_q <= '0;
        else if (valid_i)
            pos_q <= line_end ? '0 : pos_q + 1'b1;
    end

    // The line and what of it has been written; the step after a line's end begins anew.
    logic [8*Bytes-1:0] line_q, line;
    logic [Bytes-1:0]   strb_q, strb;
    logic               end_q, last_q;
    logic [Lanes-1:0]   member;
    assign member = meta_i[2*Lanes-1:Lanes];
    genvar b;
    generate
        for (b = 0; b < Bytes; b = b + 1) begin : g_byte
            localparam int ByWord = b / 4, ByHalf = b / 2;
            logic in_word, in_half, in_byte;
            assign in_word = member[ByWord % Lanes] && pos_q == PosBits'(ByWord / Lanes);
            assign in_half = member[ByHalf % Lanes] && pos_q == PosBits'(ByHalf / Lanes);
            assign in_byte = member[b % Lanes] && pos_q == PosBits'(b / Lanes);
            assign strb[b] = valid_i && (word ? in_word : half ? in_half : in_byte);
            assign line[8*b +: 8] = word ? element_i[32*(ByWord % Lanes) + 8*(b % 4) +: 8] :
                                    half ? element_i[32*(ByHalf % Lanes) + 8*(b % 4) +: 8] :
                                    element_i[32*(b % Lanes) + 8*(b % 4) +: 8];
            always_ff @(posedge clk_i) begin
                if (strb[b]) line_q[8*b +: 8] <= line[8*b +: 8];
            end
        end
    endgenerate
    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            strb_q <= '0;
            end_q <= 1'b0;
            last_q <= 1'b0;
        end else begin
            strb_q <= strb | (end_q ? '0 : strb_q);
            end_q <= valid_i && line_end;
            last_q <= valid_i && last;
        end
    end

    // A group's first line takes the group's address. A group of no elements takes it too, and writes
    // nothing.
    logic [AddrBits-1:0] addr_q, addr;
    logic                first_q;
    logic [$clog2(Held):0] unused_count;
    assign addr = first_q ? dst_addr_i : addr_q;
    assign dst_pop_o = end_q && first_q;
    always_ff @(posedge clk_i) begin
        if (!rst_ni)
            first_q <= 1'b1;
        else if (end_q)
            first_q <= last_q;
        if (end_q) addr_q <= addr + 1'b1;
    end

    quin_vector_queue #(.Width(AddrBits + 9 * Bytes), .Depth(Held)) lines (
        .clk_i, .rst_ni, .clear_i(1'b0), .push_i(end_q && strb_q != 0), .data_i({addr, strb_q, line_q}),
        .pop_i(line_valid_o && line_ready_i), .valid_o(line_valid_o),
        .data_o({line_addr_o, line_strb_o, line_o}), .count_o(unused_count)
    );

    logic unused;
    assign unused = ^{unused_count, meta_i[Lanes-1:0]};
endmodule
`default_nettype wire
