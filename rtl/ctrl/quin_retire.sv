// SPDX-License-Identifier: Apache-2.0
// Retire records (rtl/spec/queues.def) into their ring in DRAM: record i of the ring since RETIRE_ENTRIES was written goes
// to RETIRE_ADDRESS + 16 (i modulo entries). Up to four commands retire in a cycle; full_o asks dispatch to hold while
// records wait, early enough for all that is on its way. No entries: nothing is written. A record that may not be
// written is reported as the error of its command.
`default_nettype none

module quin_retire #(
    parameter int BusBytes = 8
) (
    input  logic                      clk_i,
    input  logic                      rst_ni,
    input  logic [82*quin_pkg::WINDOWS-1:0] windows_i,
    input  logic [39:0]               ring_i,
    input  logic [31:0]               entries_i,   // a power of two, or 0
    input  logic                      restart_i,   // RETIRE_ENTRIES is written
    output logic [31:0]               head_o,
    output logic                      full_o,
    output logic                      busy_o,
    // DMA, ARRAY, VECTOR, CONTROL
    input  logic [3:0]                valid_i,
    input  logic [127:0]              index_i,
    input  logic [127:0]              command_i,
    input  logic [127:0]              cycles_i,
    input  logic [127:0]              checksum_i,
    // the record that could not be written; what it says stays, and the next one comes eight cycles later
    output logic                      error_valid_o,
    output logic [3:0]                error_o,
    output logic [31:0]               error_index_o,
    output logic [23:0]               error_pc_o,
    output logic [39:0]               error_address_o,
    // AXI write client
    output logic                      aw_valid_o,
    input  logic                      aw_ready_i,
    output logic [39:0]               aw_addr_o,
    output logic [7:0]                aw_len_o,
    output logic                      w_valid_o,
    input  logic                      w_ready_i,
    output logic [8*BusBytes-1:0]     w_data_o,
    output logic [BusBytes-1:0]       w_strb_o,
    output logic                      w_last_o,
    input  logic                      b_valid_i,
    output logic                      b_ready_o,
    input  logic [1:0]                b_resp_i
);
    localparam int Beats = BusBytes < 16 ? 16 / BusBytes : 1;
    localparam int Wide = BusBytes > 16 ? BusBytes : 16;       // bytes of the record's line of beats
    localparam int BeatBits = Beats > 1 ? $clog2(Beats) : 1;
    localparam logic [5:0] Hold = 6'd8;                       // of 32: dispatch stops

    localparam logic [2:0] IDLE = 3'd0, LOOK = 3'd1, CHECK = 3'd2, SEND = 3'd3, ANSWER = 3'd4;
    logic [2:0] state_q;

    // ---- one record of each kind waits, then all in one queue ----
    logic [3:0] have_q, give;
    logic [511:0] wait_q;
    logic [127:0] record, next;
    logic push, room, record_valid, pop;
    logic [5:0] count;

    always_comb begin
        give = '0;
        next = '0;
        for (int u = 3; u >= 0; u--)
            if (have_q[u]) begin
                give = 4'd1 << u;
                next = wait_q[128*u +: 128];
            end
    end
    assign push = have_q != '0;

    always_ff @(posedge clk_i) begin
        for (int u = 0; u < 4; u++)
            if (valid_i[u])
                wait_q[128*u +: 128] <= {checksum_i[32*u +: 32], cycles_i[32*u +: 32], command_i[32*u +: 32], index_i[32*u +: 32]};
        if (!rst_ni) have_q <= '0;
        else have_q <= (have_q & ~(room ? give : 4'd0)) | (entries_i == '0 ? 4'd0 : valid_i);
    end

    quin_fifo #(.Width(128), .Depth(32)) u_records (
        .clk_i, .rst_ni, .valid_i(push), .ready_o(room), .data_i(next), .valid_o(record_valid), .ready_i(pop),
        .data_o(record), .count_o(count));
    always_ff @(posedge clk_i) full_o <= rst_ni && count >= Hold;
    assign busy_o = have_q != '0 || record_valid || state_q != IDLE || error_valid_o;

    // ---- one after the other to DRAM ----
    logic address_left_q, data_left_q, granted, beat_last, lost;
    logic [quin_pkg::WINDOWS-1:0] hit, hit_q;
    logic [2:0] rest_q;
    logic [40:0] address_q;
    logic [31:0] head_q;
    logic [BeatBits-1:0] beat_q;
    logic [8*Wide-1:0] line;
    logic [Wide-1:0] strobes;

    assign beat_last = beat_q == BeatBits'(Beats - 1);
    assign pop = (state_q == CHECK && !granted) || (state_q == ANSWER && b_valid_i);
    assign head_o = head_q;

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            state_q <= IDLE;
            head_q <= '0;
            address_left_q <= 1'b0;
            data_left_q <= 1'b0;
            beat_q <= '0;
        end else begin
            case (state_q)
                IDLE: if (record_valid && rest_q == '0) state_q <= LOOK;
                LOOK: state_q <= CHECK;
                CHECK: begin
                    state_q <= granted ? SEND : IDLE;
                    address_left_q <= granted;
                    data_left_q <= granted;
                    beat_q <= '0;
                end
                SEND: begin
                    if (aw_ready_i) address_left_q <= 1'b0;
                    if (w_valid_o && w_ready_i) begin
                        beat_q <= beat_q + 1'b1;
                        if (beat_last) data_left_q <= 1'b0;
                    end
                    if (!address_left_q && !data_left_q) state_q <= ANSWER;
                end
                default: if (b_valid_i) begin
                    state_q <= IDLE;
                    head_q <= head_q + 1'b1;
                end
            endcase
            if (restart_i) head_q <= '0;
        end
    end
    always_ff @(posedge clk_i) begin
        hit_q <= hit;
        if (state_q == IDLE) address_q <= {1'b0, ring_i} + {5'd0, head_q & (entries_i - 32'd1), 4'd0};
    end

    quin_window_check u_window (
        .windows_i, .address_i(address_q), .past_i({1'b0, address_q} + 42'd16), .write_i(1'b1), .hit_o(hit));
    assign granted = hit_q != '0;

    always_comb begin
        line = '0;
        strobes = '0;
        for (int i = 0; i < Wide / 16; i++)
            if ((address_q[11:0] & 12'(Wide - 16)) == 12'(16 * i)) begin
                line[128*i +: 128] = record;
                strobes[16*i +: 16] = 16'hffff;
            end
    end
    assign aw_valid_o = address_left_q;
    assign aw_addr_o = address_q[39:0] & ~(40'(BusBytes) - 40'd1);
    assign aw_len_o = 8'(Beats - 1);
    assign w_valid_o = data_left_q;
    assign w_data_o = line[8*BusBytes*beat_q +: 8*BusBytes];
    assign w_strb_o = strobes[BusBytes*beat_q +: BusBytes];
    assign w_last_o = beat_last;
    assign b_ready_o = state_q == ANSWER;

    assign lost = pop && (state_q == CHECK || b_resp_i[1]);
    always_ff @(posedge clk_i) begin
        error_valid_o <= rst_ni && lost;
        if (lost) begin
            error_o <= state_q == CHECK ? quin_pkg::DERR_WINDOW[3:0] : quin_pkg::DERR_BUS[3:0];
            error_index_o <= record[31:0];
            error_pc_o <= record[55:32];
            error_address_o <= address_q[39:0];
        end
        if (!rst_ni) rest_q <= '0;
        else if (lost) rest_q <= 3'd7;
        else if (rest_q != '0) rest_q <= rest_q - 1'b1;
    end

    logic unused;
    assign unused = b_resp_i[0];
endmodule

`default_nettype wire
