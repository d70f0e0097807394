// SPDX-License-Identifier: Apache-2.0
// Commands by their place in the program, through a small direct-mapped store, since a program is a loop over layers.
// Request: pc_i with req_i held; cmd_valid_o for one cycle with the command, or error_o (a device error) instead.
// A miss reads up to four commands in one burst that stays within 4 KiB. A hit takes two cycles. START empties the store.
`default_nettype none

module quin_command_fetch #(
    parameter int BusBytes = 8,
    parameter int Entries = 256
) (
    input  logic                  clk_i,
    input  logic                  rst_ni,
    input  logic                  clear_i,
    input  logic [39:0]           program_i,    // DRAM address
    input  logic [31:0]           length_i,     // commands
    input  logic                  req_i,
    input  logic [23:0]           pc_i,
    output logic                  cmd_valid_o,
    output logic [511:0]          cmd_o,
    output logic [3:0]            error_o,
    // is a range readable? (quin_window_check, combinational)
    output logic [39:0]           check_addr_o,
    input  logic                  check_ok_i,
    // AXI read client
    output logic                  ar_valid_o,
    input  logic                  ar_ready_i,
    output logic [39:0]           ar_addr_o,
    output logic [7:0]            ar_len_o,
    input  logic                  r_valid_i,
    output logic                  r_ready_o,
    input  logic [8*BusBytes-1:0] r_data_i,
    input  logic [1:0]            r_resp_i,
    input  logic                  r_last_i
);
    localparam int IndexBits = $clog2(Entries);
    localparam int Beats = quin_pkg::COMMAND_BYTES / BusBytes;
    localparam int BeatBits = $clog2(Beats);
    localparam int TagBits = 24 - IndexBits;

    localparam logic [2:0] IDLE = 3'd0, LOOK = 3'd1, ASK = 3'd2, READ = 3'd3, AGAIN = 3'd4, FAIL = 3'd5;

    logic [2:0] state_q;
    (* no_rw_check *) logic [511:0] store [0:Entries-1];
    logic [TagBits-1:0] tag [0:Entries-1];
    logic [Entries-1:0] valid_q;
    logic [TagBits-1:0] tag_q;
    logic hit_valid_q;
    logic [511:0] line_q;
    logic [511-8*BusBytes:0] gather_q; // beats of a command but the last, newest at the top
    logic [BeatBits-1:0] beat_q;
    logic [23:0] fill_q;               // command that is being read
    logic [3:0] error_q;
    logic bad_q;
    logic [31:0] left;
    logic [6:0] to_boundary;
    logic [2:0] count;                 // commands of a burst
    logic hit;

    assign check_addr_o = program_i + {10'd0, pc_i, 6'd0};
    assign ar_addr_o = check_addr_o;
    assign left = length_i - {8'd0, pc_i};
    assign to_boundary = 7'd64 - {1'b0, check_addr_o[11:6]};
    assign count = (left < 32'd4 || to_boundary < 7'd4) ?
                   ((left[31:3] == '0 && {4'd0, left[2:0]} < to_boundary) ? left[2:0] : to_boundary[2:0]) : 3'd4;
    assign ar_len_o = 8'({5'd0, count} * 8'(Beats)) - 8'd1;
    assign ar_valid_o = state_q == ASK;
    assign r_ready_o = 1'b1;
    assign hit = hit_valid_q && tag_q == pc_i[23:IndexBits];
    assign cmd_valid_o = (state_q == LOOK && hit) || state_q == FAIL;
    assign cmd_o = line_q;
    assign error_o = state_q == FAIL ? error_q : 4'd0;

    always_ff @(posedge clk_i) begin
        line_q <= store[pc_i[IndexBits-1:0]];
        tag_q <= tag[pc_i[IndexBits-1:0]];
        hit_valid_q <= valid_q[pc_i[IndexBits-1:0]];
        if (state_q == READ && r_valid_i) begin
            gather_q <= {r_data_i, gather_q[511-8*BusBytes:8*BusBytes]};
            if (beat_q == BeatBits'(Beats - 1)) begin
                store[fill_q[IndexBits-1:0]] <= {r_data_i, gather_q};
                tag[fill_q[IndexBits-1:0]] <= fill_q[23:IndexBits];
            end
        end
    end

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            state_q <= IDLE;
            valid_q <= '0;
            beat_q <= '0;
            fill_q <= '0;
            error_q <= '0;
            bad_q <= 1'b0;
        end else begin
            case (state_q)
                IDLE: if (req_i) state_q <= LOOK;
                LOOK: begin
                    bad_q <= 1'b0;
                    beat_q <= '0;
                    fill_q <= pc_i;
                    if (hit) begin
                        state_q <= IDLE;
                    end else if (!check_ok_i) begin
                        error_q <= quin_pkg::DERR_WINDOW[3:0];
                        state_q <= FAIL;
                    end else begin
                        state_q <= ASK;
                    end
                end
                ASK: if (ar_ready_i) state_q <= READ;
                READ: if (r_valid_i) begin
                    beat_q <= beat_q + 1'b1;
                    if (r_resp_i[1])
                        bad_q <= 1'b1;
                    if (beat_q == BeatBits'(Beats - 1)) begin
                        beat_q <= '0;
                        fill_q <= fill_q + 1'b1;
                        if (!r_resp_i[1] && !bad_q)
                            valid_q[fill_q[IndexBits-1:0]] <= 1'b1;
                    end
                    if (r_last_i) begin
                        error_q <= quin_pkg::DERR_BUS[3:0];
                        state_q <= (r_resp_i[1] || bad_q) ? FAIL : AGAIN;
                    end
                end
                AGAIN: state_q <= LOOK; // the store's read register follows a cycle later
                default: state_q <= IDLE;
            endcase
            if (clear_i)
                valid_q <= '0;
        end
    end
endmodule

`default_nettype wire
