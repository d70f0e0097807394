// SPDX-License-Identifier: Apache-2.0
// Commands of one unit that wait for their turn, with a store of their own: quin_unit_head says when the oldest is
// offered. One command a cycle in.
`default_nettype none

module quin_unit_queue #(
    parameter int Width = 8,
    parameter int Depth = 4
) (
    input  logic             clk_i,
    input  logic             rst_ni,
    input  logic             flush_i,
    input  logic             hold_i,
    input  logic             drop_i,
    input  logic [31:0]      drop_index_i,
    // from dispatch: the command, its number, and for each of two other units whether and for what it waits
    input  logic             push_valid_i,
    output logic             push_ready_o,
    input  logic [Width-1:0] push_data_i,
    input  logic [31:0]      push_index_i,
    input  logic [1:0]       push_wait_i,
    input  logic [2*quin_job_pkg::AFTER_BITS-1:0] push_target_i,
    input  logic [2*quin_job_pkg::AFTER_BITS-1:0] retired_i, // commands retired by these two units
    // to the unit
    output logic             job_valid_o,
    input  logic             job_ready_i,
    output logic [Width-1:0] job_data_o,
    output logic [31:0]      job_index_o,
    output logic             empty_o,
    output logic [1:0]       blocked_o       // the head waits for these units
);
    localparam int PlaceBits = $clog2(Depth);

    logic want, give;
    logic [PlaceBits-1:0] push_place, want_place;
    logic [Width-1:0] data;
    logic [31:0] index;
    logic [1:0] waits;
    logic [2*quin_job_pkg::AFTER_BITS-1:0] target;

    quin_job_store #(.Units(1), .Depth(Depth), .Width(Width + 34 + 2 * quin_job_pkg::AFTER_BITS)) u_store (
        .clk_i, .rst_ni, .flush_i, .push_i(push_valid_i && push_ready_o), .push_place_i(push_place),
        .push_data_i({push_target_i, push_wait_i, push_index_i, push_data_i}), .want_i(want), .want_place_i(want_place),
        .give_o(give), .data_o({target, waits, index, data}));
    quin_unit_head #(.Width(Width), .Depth(Depth)) u_head (
        .clk_i, .rst_ni, .flush_i, .hold_i, .drop_i, .drop_index_i, .push_i(push_valid_i), .push_ready_o,
        .push_place_o(push_place), .want_o(want), .want_place_o(want_place), .give_i(give), .give_data_i(data),
        .give_index_i(index), .give_wait_i(waits), .give_target_i(target), .retired_i, .job_valid_o, .job_ready_i,
        .job_data_o, .job_index_o, .empty_o, .blocked_o);
endmodule

`default_nettype wire
