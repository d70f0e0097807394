// SPDX-License-Identifier: Apache-2.0
// Commands by their place in the program, through a store of the last ones read, since a program is a loop over layers:
// commands [first, past) of the program, at most Entries; reading elsewhere than behind its end begins it anew.
// Request: pc_i with req_i held; cmd_valid_o for one cycle with the command, or error_o (a device error) instead, also in
// the cycle after req_i fell.
// A miss reads up to four commands in one burst that stays within 4 KiB and within a window; or the one command, if the
// others are not granted. Beats pass a register. A hit takes two cycles. START empties the store.
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
    output logic [39:0]           error_address_o,
    output logic                  busy_o,
    // which windows grant a range? (quin_window_check, combinational)
    output logic [40:0]           check_addr_o,
    output logic [8:0]            check_bytes_o,
    input  logic [quin_pkg::WINDOWS-1:0] check_hit_i,
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
    localparam int BeatBits = Beats > 1 ? $clog2(Beats) : 1;
    localparam logic [2:0] Most = Beats > 16 ? 3'(64 / Beats) : 3'd4; // commands of a burst of at most 64 beats

    localparam logic [2:0] IDLE = 3'd0, LOOK = 3'd1, CHECK = 3'd2, ASK = 3'd3, READ = 3'd4,
                           AGAIN = 3'd5, FAIL = 3'd6;

    logic [2:0] state_q;
    (* no_rw_check *) logic [511:0] store [0:Entries-1];
    logic [24:0] first_q, past_q;      // commands in the store
    logic [24:0] held;
    logic hit_q, behind_q;             // the command is in the store; the one behind its end
    logic [511:0] line_q;
    logic [511:0] gather_q, gathered;  // beats of a command, newest at the top
    logic valid_q, last_q;             // a beat as it came
    logic end_q;                       // and a command ends with it
    logic refused_q;                   // it came with an error
    logic [8*BusBytes-1:0] data_q;
    logic [BeatBits-1:0] beat_q;       // of its command, of the next beat that comes
    logic [23:0] fill_q;               // command that is being read
    logic [3:0] error_q;
    logic bad_q;                       // a beat of this burst came with an error
    logic single_q;                    // and so the command is asked for alone
    logic [quin_pkg::WINDOWS-1:0] hits_q;
    logic checked_q;                   // hits_q belongs to address_q and count_q
    logic [31:0] left_q;               // commands of the program from the one asked for on
    logic [2:0] to_boundary, to_end;   // at most 4
    logic [2:0] count, count_q;        // commands of a burst
    logic [40:0] address_q;

    assign check_addr_o = address_q;
    assign check_bytes_o = {count_q, 6'd0};
    assign ar_addr_o = address_q[39:0];
    assign error_address_o = address_q[39:0];
    assign busy_o = state_q != IDLE;
    assign to_boundary = address_q[11:8] == 4'd15 ? 3'd4 - {1'b0, address_q[7:6]} : 3'd4;
    assign to_end = left_q[31:2] == '0 ? left_q[2:0] : 3'd4;
    always_comb begin
        count = to_boundary < Most ? to_boundary : Most;
        if (to_end < count) count = to_end;
        if (single_q) count = 3'd1;
    end
    assign ar_len_o = 8'({5'd0, count_q} * 8'(Beats)) - 8'd1;
    assign ar_valid_o = state_q == ASK;
    assign r_ready_o = 1'b1;
    assign gathered = (512'(data_q) << (512 - 8 * BusBytes)) | (gather_q >> (8 * BusBytes));
    assign held = past_q - first_q;
    assign cmd_valid_o = (state_q == LOOK && hit_q) || state_q == FAIL;
    assign cmd_o = line_q;
    assign error_o = state_q == FAIL ? error_q : 4'd0;

    always_ff @(posedge clk_i) begin
        valid_q <= rst_ni && r_valid_i && state_q == READ;
        end_q <= rst_ni && r_valid_i && state_q == READ && beat_q == BeatBits'(Beats - 1);
        data_q <= r_data_i;
        refused_q <= r_resp_i[1];
        last_q <= r_last_i;
        hits_q <= check_hit_i;
        left_q <= length_i - {8'd0, pc_i};
        line_q <= store[pc_i[IndexBits-1:0]];
        hit_q <= {1'b0, pc_i} >= first_q && {1'b0, pc_i} < past_q && !clear_i;
        behind_q <= {1'b0, pc_i} == past_q && !clear_i;
        if (valid_q) gather_q <= gathered;
        if (end_q) store[fill_q[IndexBits-1:0]] <= gathered;
    end

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            state_q <= IDLE;
            first_q <= '0;
            past_q <= '0;
            beat_q <= '0;
            fill_q <= '0;
            error_q <= '0;
            bad_q <= 1'b0;
            single_q <= 1'b0;
            checked_q <= 1'b0;
        end else begin
            if (valid_q && refused_q) bad_q <= 1'b1;
            if (end_q) fill_q <= fill_q + 1'b1;
            if (end_q && !refused_q && !bad_q) begin
                past_q <= past_q + 1'b1;
                if (held[IndexBits]) first_q <= first_q + 1'b1;
            end
            case (state_q)
                IDLE: if (req_i) state_q <= LOOK;
                LOOK: begin
                    bad_q <= 1'b0;
                    beat_q <= '0;
                    fill_q <= pc_i;
                    address_q <= {1'b0, program_i} + {11'd0, pc_i, 6'd0};
                    count_q <= '0;
                    state_q <= hit_q || !req_i ? IDLE : CHECK;
                    if (hit_q || !req_i) single_q <= 1'b0;
                    else if (!behind_q) begin
                        first_q <= {1'b0, pc_i};
                        past_q <= {1'b0, pc_i};
                    end
                end
                // how many; are all of them granted; is the one
                CHECK: begin
                    checked_q <= count_q != '0 && !checked_q;
                    if (count_q == '0) begin
                        count_q <= count;
                    end else if (checked_q && hits_q != '0) begin
                        state_q <= ASK;
                    end else if (checked_q) begin
                        count_q <= 3'd1;
                        if (count_q == 3'd1) begin
                            error_q <= quin_pkg::DERR_WINDOW[3:0];
                            state_q <= FAIL;
                        end
                    end
                end
                ASK: if (ar_ready_i) state_q <= READ;
                READ: begin
                    if (r_valid_i) beat_q <= beat_q == BeatBits'(Beats - 1) ? '0 : beat_q + 1'b1;
                    if (valid_q && last_q) begin
                        error_q <= quin_pkg::DERR_BUS[3:0];
                        single_q <= refused_q || bad_q;
                        state_q <= single_q && (refused_q || bad_q) ? FAIL : AGAIN;
                    end
                end
                AGAIN: state_q <= LOOK; // the store's read register follows a cycle later
                default: begin
                    state_q <= IDLE;
                    single_q <= 1'b0;
                end
            endcase
            if (clear_i) begin
                first_q <= '0;
                past_q <= '0;
            end
        end
    end
endmodule

`default_nettype wire
