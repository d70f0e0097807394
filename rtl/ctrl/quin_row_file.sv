// SPDX-License-Identifier: Apache-2.0
// The row registers: Banks x Rows x 64 bits in block RAM with two ports. Port A: software, one word of 32 bits an access
// and always at once, and behind it the command processor. Port B: the vector unit, and behind it the load / store DMA.
// The three units hold req_i with their address until ack_o; the data are there in that cycle. Software's word comes
// the cycle after its request.
`default_nettype none

module quin_row_file (
    input  logic        clk_i,
    input  logic        rst_ni,
    // software: word = bank * 128 + row * 2 + half
    input  logic        bus_req_i,
    input  logic        bus_we_i,
    input  logic [10:0] bus_word_i,
    input  logic [31:0] bus_wdata_i,
    output logic [31:0] bus_rdata_o,
    // units: address = bank * 64 + row
    input  logic        processor_req_i,
    input  logic [9:0]  processor_addr_i,
    output logic        processor_ack_o,
    output logic [63:0] processor_data_o,
    input  logic        vector_req_i,
    input  logic [9:0]  vector_addr_i,
    output logic        vector_ack_o,
    input  logic        dma_req_i,
    input  logic [9:0]  dma_addr_i,
    output logic        dma_ack_o,
    output logic [63:0] unit_data_o        // of vector and DMA
);
    localparam int Words = 16 * quin_pkg::ROW_REGS;
    localparam int AddrBits = $clog2(Words);

    (* no_rw_check *) logic [31:0] low [0:Words-1];
    (* no_rw_check *) logic [31:0] high [0:Words-1];
    logic [AddrBits-1:0] a_addr, b_addr;
    logic [31:0] a_low_q, a_high_q, b_low_q, b_high_q;
    logic half_q, processor_q, vector_q, dma_q;

    assign a_addr = bus_req_i ? bus_word_i[10:1] : processor_addr_i;
    assign b_addr = vector_req_i ? vector_addr_i : dma_addr_i;

    always_ff @(posedge clk_i) begin
        if (bus_req_i && bus_we_i && !bus_word_i[0]) low[a_addr] <= bus_wdata_i;
        else a_low_q <= low[a_addr];
    end
    always_ff @(posedge clk_i) begin
        if (bus_req_i && bus_we_i && bus_word_i[0]) high[a_addr] <= bus_wdata_i;
        else a_high_q <= high[a_addr];
    end
    always_ff @(posedge clk_i) begin
        if (vector_req_i || dma_req_i) begin
            b_low_q <= low[b_addr];
            b_high_q <= high[b_addr];
        end
    end

    always_ff @(posedge clk_i) begin
        half_q <= bus_word_i[0];
        if (!rst_ni) begin
            processor_q <= 1'b0;
            vector_q <= 1'b0;
            dma_q <= 1'b0;
        end else begin
            processor_q <= processor_req_i && !bus_req_i && !processor_q;
            vector_q <= vector_req_i && !vector_q;
            dma_q <= dma_req_i && !vector_req_i && !dma_q;
        end
    end

    assign bus_rdata_o = half_q ? a_high_q : a_low_q;
    assign processor_ack_o = processor_q;
    assign processor_data_o = {a_high_q, a_low_q};
    assign vector_ack_o = vector_q;
    assign dma_ack_o = dma_q;
    assign unit_data_o = {b_high_q, b_low_q};
endmodule

`default_nettype wire
