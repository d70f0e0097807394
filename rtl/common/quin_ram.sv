// SPDX-License-Identifier: Apache-2.0
// Memory of Words words of Width bits with two equal ports A and B, byte strobes, one clock.
// A port that is enabled either writes the strobed bytes or reads: rdata_o is mem[addr] the cycle after, held until
// the port's next read. Reading a word in the cycle in which the other port writes it gives nothing defined.
`default_nettype none

module quin_ram #(
    parameter int Width = 32,
    parameter int Words = 1024
) (
    input  logic                       clk_i,
    input  logic                       a_en_i,
    input  logic                       a_we_i,
    input  logic [$clog2(Words)-1:0]   a_addr_i,
    input  logic [Width-1:0]           a_wdata_i,
    input  logic [Width/8-1:0]         a_wstrb_i,
    output logic [Width-1:0]           a_rdata_o,
    input  logic                       b_en_i,
    input  logic                       b_we_i,
    input  logic [$clog2(Words)-1:0]   b_addr_i,
    input  logic [Width-1:0]           b_wdata_i,
    input  logic [Width/8-1:0]         b_wstrb_i,
    output logic [Width-1:0]           b_rdata_o
);
    (* no_rw_check *) logic [Width-1:0] mem [0:Words-1];

    always @(posedge clk_i) begin
        if (a_en_i) begin
            if (a_we_i) begin
                for (int i = 0; i < Width / 8; i++) begin
                    if (a_wstrb_i[i]) mem[a_addr_i][8*i +: 8] <= a_wdata_i[8*i +: 8];
                end
            end else begin
                a_rdata_o <= mem[a_addr_i];
            end
        end
    end

    always @(posedge clk_i) begin
        if (b_en_i) begin
            if (b_we_i) begin
                for (int i = 0; i < Width / 8; i++) begin
                    if (b_wstrb_i[i]) mem[b_addr_i][8*i +: 8] <= b_wdata_i[8*i +: 8];
                end
            end else begin
                b_rdata_o <= mem[b_addr_i];
            end
        end
    end
endmodule

`default_nettype wire
