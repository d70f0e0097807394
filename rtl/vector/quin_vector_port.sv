// SPDX-License-Identifier: Apache-2.0
// The unit's one request at the scratchpad, in registers: results' lines first, then reductions' words, then
// reads. A new request takes the place of one that is granted, so there may be one every cycle.
`default_nettype none
module quin_vector_port #(
    parameter int LineWords = 4,
    parameter int AddrBits = 20 - $clog2(LineWords)  // derived
) (
    input  logic                    clk_i,
    input  logic                    rst_ni,
    input  logic                    line_valid_i,
    output logic                    line_ready_o,
    input  logic [AddrBits-1:0]     line_addr_i,
    input  logic [32*LineWords-1:0] line_i,
    input  logic [4*LineWords-1:0]  line_strb_i,
    input  logic                    word_valid_i,
    output logic                    word_ready_o,
    input  logic [19:0]             word_addr_i,  // of the word, not of its line
    input  logic [31:0]             word_i,
    input  logic                    read_valid_i,
    output logic                    read_ready_o,
    input  logic [AddrBits-1:0]     read_addr_i,
    output logic                    sp_req_o,
    input  logic                    sp_gnt_i,
    output logic                    sp_we_o,
    output logic [19:0]             sp_addr_o,
    output logic [32*LineWords-1:0] sp_wdata_o,
    output logic [4*LineWords-1:0]  sp_wstrb_o
);
    localparam int LineBits = $clog2(LineWords);

    logic                req_q, we_q, free;
    logic [AddrBits-1:0] addr_q;
    logic [4*LineWords-1:0] word_strb;
    assign free = !req_q || sp_gnt_i;
    assign line_ready_o = free;
    assign word_ready_o = free && !line_valid_i;
    assign read_ready_o = free && !line_valid_i && !word_valid_i;
    assign word_strb = {{(4 * LineWords - 4){1'b0}}, 4'hf} << {word_addr_i[LineBits-1:0], 2'b0};

    always_ff @(posedge clk_i) begin
        if (!rst_ni)
            req_q <= 1'b0;
        else if (free)
            req_q <= line_valid_i || word_valid_i || read_valid_i;
        if (free) begin
            we_q <= line_valid_i || word_valid_i;
            if (line_valid_i)
                addr_q <= line_addr_i;
            else
                addr_q <= word_valid_i ? word_addr_i[19:LineBits] : read_addr_i;
            if (line_valid_i || word_valid_i) begin
                sp_wdata_o <= line_valid_i ? line_i : {LineWords{word_i}};
                sp_wstrb_o <= line_valid_i ? line_strb_i : word_strb;
            end
        end
    end
    assign sp_req_o = req_q;
    assign sp_we_o = we_q;
    assign sp_addr_o = {{LineBits{1'b0}}, addr_q};
endmodule
`default_nettype wire
