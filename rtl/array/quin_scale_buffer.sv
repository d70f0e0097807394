// SPDX-License-Identifier: Apache-2.0
// Column scales of one tile, as they come in the stream behind its beats: scale j is bytes 4 j .. 4 j + 3.
// read_i, channel_i: scale_o in the cycle after, held. start_i makes the next beat the first one.
`default_nettype none

module quin_scale_buffer #(
    parameter int StreamBytes = 8,
    parameter int ChannelBits = $clog2(5 * StreamBytes)  // derived
) (
    input  logic                     clk_i,
    input  logic                     rst_ni,
    input  logic                     start_i,
    input  logic                     valid_i,
    input  logic [8*StreamBytes-1:0] beat_i,
    input  logic                     read_i,
    input  logic [ChannelBits-1:0]   channel_i,
    output logic [31:0]              scale_o
);
    // A beat of two bytes is half a scale: it waits for the other half.
    localparam int Width = StreamBytes < 4 ? 32 : 8 * StreamBytes;
    localparam int PartBits = $clog2(Width / 32);
    localparam int Depth = 5 * StreamBytes * 32 / Width;
    localparam int AddrBits = $clog2(Depth);

    logic [Width-1:0]    mem [0:Depth-1];
    logic [Width-1:0]    line;
    logic [AddrBits-1:0] write_q;
    logic                whole;  // the beat completes a line

    generate
        if (StreamBytes < 4) begin : g_narrow
            logic        upper_q;
            logic [15:0] lower_q;
            always_ff @(posedge clk_i) begin
                if (!rst_ni || start_i) upper_q <= 1'b0;
                else if (valid_i) upper_q <= !upper_q;
                if (valid_i) lower_q <= beat_i;
            end
            assign whole = upper_q;
            assign line = {beat_i, lower_q};
        end else begin : g_wide
            assign whole = 1'b1;
            assign line = beat_i;
        end
    endgenerate

    always_ff @(posedge clk_i) begin
        if (!rst_ni || start_i) write_q <= '0;
        else if (valid_i && whole) write_q <= write_q + 1'b1;
    end
    always_ff @(posedge clk_i)
        if (valid_i && whole) mem[write_q] <= line;

    generate
        if (PartBits == 0) begin : g_word
            always_ff @(posedge clk_i)
                if (read_i) scale_o <= mem[channel_i];
        end else begin : g_part
            logic [Width-1:0]    read_q;
            logic [PartBits-1:0] part_q;
            always_ff @(posedge clk_i) begin
                if (read_i) begin
                    read_q <= mem[channel_i[ChannelBits-1:PartBits]];
                    part_q <= channel_i[PartBits-1:0];
                end
            end
            assign scale_o = read_q[32*part_q +: 32];
        end
    endgenerate
endmodule

`default_nettype wire
