// SPDX-License-Identifier: Apache-2.0
// The RV32 core's memory: Words words in block RAM with one port and byte strobes, filled from a file of hexadecimal
// words. rdata_o is mem[addr] the cycle after a read, held until the next one.
`default_nettype none

module quin_soc_ram #(
    parameter int Words = 4096,
    parameter Firmware = "build/firmware/firmware.hex"
) (
    input  logic                      clk_i,
    input  logic                      en_i,
    input  logic                      we_i,
    input  logic [$clog2(Words)-1:0]  addr_i,
    input  logic [31:0]               wdata_i,
    input  logic [3:0]                wstrb_i,
    output logic [31:0]               rdata_o
);
    (* ram_style = "block" *) logic [31:0] mem [0:Words-1];

    initial $readmemh(Firmware, mem);

    always @(posedge clk_i) begin
        if (en_i) begin
            if (we_i) begin
                for (int i = 0; i < 4; i++) begin
                    if (wstrb_i[i]) mem[addr_i][8*i +: 8] <= wdata_i[8*i +: 8];
                end
            end else begin
                rdata_o <= mem[addr_i];
            end
        end
    end
endmodule

`default_nettype wire
