// SPDX-License-Identifier: Apache-2.0
// hit[i] = window i grants the right and base[i] <= address and past <= limit[i]; past = address + bytes, of 42 bits, is
// the address behind the range. Combinational: whoever asks keeps the hits in registers; the range is granted if there is any.
// windows_i holds Windows entries of 82 bits: {rights [1 write, 0 read], limit [40], base [40]}; limit is exclusive.
// Bit 40 of the address says that it lies beyond 2^40, where no window reaches; and as limits are at most 2^40 - 64,
// an address whose bits 39:6 are all ones stands for any sum that does not fit.
// The range must not be empty.
`default_nettype none

module quin_window_check #(
    parameter int Windows = quin_pkg::WINDOWS
) (
    input  logic [82*Windows-1:0]     windows_i,
    input  logic [40:0]               address_i,
    input  logic [41:0]               past_i,
    input  logic                      write_i,
    output logic [Windows-1:0]        hit_o
);
    logic fits;

    assign fits = !address_i[40] && past_i[41:40] == 2'b0;

    for (genvar i = 0; i < Windows; i++) begin : g_window
        logic [39:0] base, limit;
        logic [1:0] rights;
        assign {rights, limit, base} = windows_i[82*i +: 82];
        assign hit_o[i] = (write_i ? rights[1] : rights[0]) && fits && address_i[39:0] >= base && past_i[39:0] <= limit;
    end
endmodule

`default_nettype wire
