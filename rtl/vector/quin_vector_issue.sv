// SPDX-License-Identifier: Apache-2.0
// Sends a group's elements into the lanes, Lanes of them a step, in order. A step goes when its operands are
// there and when whatever it leads to will find room: nothing behind it can wait.
//   lines written, reductions   at most Held of each on their way
//   functions                   a step every Lanes / FuncLanes cycles
//   SUM                         a partial sum comes round after 16 / Lanes steps, but SumLoop cycles at
//                               least; SumBanks groups at most without their result; where op2 needs the
//                               adders, too, a step goes when nothing else is on its way
// A group without visible elements still has a step: its reduction is the identity, its elements are zeros.
// meta: last of the group, members (i < n) and visible elements of the step. Operands are registered.
`default_nettype none
module quin_vector_issue #(
    parameter int Lanes = 4,
    parameter int LineWords = 4,
    parameter int FuncLanes = 1,
    parameter int SumLoop = 4,
    parameter int SumBanks = 2,
    parameter int Held = 16
) (
    input  logic                    clk_i,
    input  logic                    rst_ni,
    input  logic [19:0]             n_i,
    input  logic                    written_i,
    input  logic [2:0]              format_i,
    input  logic                    reduced_i,
    input  logic                    function_i,
    input  logic                    sum_i,    // reduction SUM
    input  logic                    alone_i,  // and op2 adds
    input  logic [2:0]              vector_i,
    input  logic [2:0]              scalar_i,
    input  logic                    valid_i,
    output logic                    ready_o,
    input  logic [19:0]             visible_i,
    input  logic                    some_i,      // visible_i is not 0,
    input  logic                    one_step_i,  // at most Lanes
    input  logic [2:0]              head_valid_i,
    output logic [2:0]              head_ready_o,
    input  logic [96*LineWords-1:0] head_i,
    input  logic                    line_done_i,
    input  logic                    red_done_i,
    input  logic                    sum_done_i,
    input  logic                    calm_i,  // no step is on its way
    output logic                    step_soon_o,  // step_valid_o of the next cycle
    output logic                    step_valid_o,
    output logic [2*Lanes:0]        step_meta_o,
    output logic [32*Lanes-1:0]     step_a_o,
    output logic [32*Lanes-1:0]     step_b_o,
    output logic [32*Lanes-1:0]     step_c_o,
    output logic                    idle_o
);
    localparam int LineSteps = LineWords / Lanes;
    localparam int FuncSteps = Lanes / FuncLanes;
    localparam int SumSteps = quin_pkg::PARTIAL_SUMS / Lanes;
    localparam int HeldBits = $clog2(Held) + 1;
    localparam logic [19:0] Step = 20'(Lanes);

    // ---- the group ----
    // left, visible: elements from the present step on, all and those to be computed. What is asked of them
    // is known a step ahead.
    logic        busy_q, first_q, fire, finish;
    logic [19:0] left_q, visible_q, start;
    logic        last_q, visible_last_q, operands_q, n_last_q;
    logic        turn, begins;  // what stands here changes; to a group that begins, if there is one
    assign start = written_i ? n_i : visible_i;
    assign finish = fire && last_q;
    assign ready_o = !busy_q || finish;
    assign turn = !busy_q || fire;
    assign begins = !busy_q || last_q;
    always_ff @(posedge clk_i) begin
        n_last_q <= n_i <= Step;
        if (!rst_ni)
            busy_q <= 1'b0;
        else if (ready_o)
            busy_q <= valid_i;
        if (turn && begins) begin
            first_q <= 1'b1;
            left_q <= start;
            last_q <= written_i ? n_last_q : one_step_i;
            visible_q <= visible_i;
            visible_last_q <= one_step_i;
            operands_q <= some_i;
        end else if (turn) begin
            first_q <= 1'b0;
            left_q <= left_q - Step;
            last_q <= left_q <= Step + Step;
            visible_q <= visible_last_q ? '0 : visible_q - Step;
            visible_last_q <= visible_q <= Step + Step;
            operands_q <= !visible_last_q;
        end
    end

    logic [Lanes-1:0]         member, visible;
    logic [$clog2(Lanes+1)-1:0] left_low, visible_low;  // of a last step: at most Lanes
    assign left_low = left_q[$clog2(Lanes+1)-1:0];
    assign visible_low = visible_q[$clog2(Lanes+1)-1:0];
    genvar l;
    generate
        for (l = 0; l < Lanes; l = l + 1) begin : g_lane
            assign member[l] = !last_q || 32'(left_low) > l;
            assign visible[l] = !visible_last_q || 32'(visible_low) > l;
        end
    endgenerate

    // ---- operands: a line serves LineSteps steps; a scalar all of them, from the line's lowest words, and
    // so does an immediate, which nobody takes out of its queue ----
    logic                line_last;
    logic [32*Lanes-1:0] part_a, part_b, part_c;
    generate
        if (LineSteps == 1) begin : g_whole
            assign line_last = 1'b1;
            assign part_a = head_i[0 +: 32*Lanes];
            assign part_b = head_i[32*LineWords +: 32*Lanes];
            assign part_c = head_i[64*LineWords +: 32*Lanes];
        end else begin : g_part
            localparam int SubBits = $clog2(LineSteps);
            logic [SubBits-1:0] sub_q, sub_a, sub_b, sub_c;
            logic [32*LineWords-1:0] line_a, line_b, line_c;
            assign line_a = head_i[0 +: 32*LineWords];
            assign line_b = head_i[32*LineWords +: 32*LineWords];
            assign line_c = head_i[64*LineWords +: 32*LineWords];
            assign line_last = &sub_q;
            assign sub_a = sub_q & {SubBits{vector_i[0]}};
            assign sub_b = sub_q & {SubBits{vector_i[1]}};
            assign sub_c = sub_q & {SubBits{vector_i[2]}};
            assign part_a = line_a[32*Lanes*sub_a +: 32*Lanes];
            assign part_b = line_b[32*Lanes*sub_b +: 32*Lanes];
            assign part_c = line_c[32*Lanes*sub_c +: 32*Lanes];
            always_ff @(posedge clk_i) begin
                if (turn) sub_q <= begins ? '0 : sub_q + 1'b1;
            end
        end
    endgenerate

    logic operands_ready;
    logic [2:0] needed_q;  // of the job, which stands long before its first group
    always_ff @(posedge clk_i) needed_q <= vector_i | scalar_i;
    assign operands_ready = !operands_q || (needed_q & ~head_valid_i) == 0;
    assign head_ready_o = (vector_i & {3{fire && operands_q && (line_last || visible_last_q)}}) |
                          (scalar_i & {3{fire && operands_q && visible_last_q}});

    // ---- room ----
    localparam int LineBytes = 4 * LineWords;
    localparam int PosBits = $clog2(LineBytes / Lanes);
    logic [PosBits-1:0]  pos_q, pos_end_q;  // steps behind the present one member the line that is written
    logic [HeldBits-1:0] lines_q, reds_q;
    logic                write_line, reduce_end, room_q;  // room_q: a cycle late
    always_ff @(posedge clk_i) begin
        case (format_i)
            quin_pkg::FORMAT_F32: pos_end_q <= PosBits'(LineBytes / (4 * Lanes) - 1);
            quin_pkg::FORMAT_CODE10: pos_end_q <= PosBits'(LineBytes / (2 * Lanes) - 1);
            default: pos_end_q <= PosBits'(LineBytes / Lanes - 1);
        endcase
    end
    // A group of no elements has a step, and writes no line.
    assign write_line = written_i && (last_q ? left_low != 0 : pos_q == 0);
    assign reduce_end = reduced_i && last_q;

    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            lines_q <= '0;
            reds_q <= '0;
            room_q <= 1'b0;
        end else begin
            lines_q <= lines_q + HeldBits'(fire && write_line) - HeldBits'(line_done_i);
            reds_q <= reds_q + HeldBits'(fire && reduce_end) - HeldBits'(red_done_i);
            room_q <= lines_q < HeldBits'(Held - 1) && reds_q < HeldBits'(Held - 1);
        end
        if (turn) pos_q <= begins || pos_q == 0 ? pos_end_q : pos_q - 1'b1;
    end

    // ---- distances ----
    localparam int WaitBits = 4;
    localparam logic [WaitBits-1:0] FuncWait = WaitBits'(FuncSteps - 1);
    logic [WaitBits-1:0] func_wait_q;
    logic                func_soon_q;  // it is not 0
    localparam int SumsBits = $clog2(SumBanks) + 1;
    logic [SumsBits-1:0] sums_q;  // groups that have no sum yet
    logic                calm_q, sum_soon, wait_sum;
    always_ff @(posedge clk_i) begin
        if (!rst_ni) begin
            func_wait_q <= '0;
            func_soon_q <= 1'b0;
            sums_q <= '0;
            calm_q <= 1'b0;
        end else begin
            calm_q <= calm_i && !fire;
            if (fire && function_i) begin
                func_wait_q <= FuncWait;
                func_soon_q <= FuncWait != 0;
            end else if (func_soon_q) begin
                func_wait_q <= func_wait_q - 1'b1;
                func_soon_q <= func_wait_q != 1;
            end
            sums_q <= sums_q + SumsBits'(fire && first_q && sum_i) - SumsBits'(sum_done_i);
        end
    end

    generate
        if (SumSteps < SumLoop) begin : g_sum_soon
            // Of the last SumLoop - 1 cycles fewer than SumSteps may have sent a step.
            logic [SumLoop-3:0] recent_q;
            logic [SumLoop-2:0] recent;
            logic [4:0]         count;
            integer             i;
            assign recent = {recent_q, fire};
            always_comb begin
                count = '0;
                for (i = 0; i < SumLoop - 1; i = i + 1)
                    count = count + {4'b0, recent[i]};
            end
            logic soon_q;
            assign sum_soon = soon_q;
            always_ff @(posedge clk_i) begin
                recent_q <= rst_ni ? recent[SumLoop-3:0] : '0;
                soon_q <= rst_ni && count >= 5'(SumSteps);
            end
        end else begin : g_no_sum_soon
            assign sum_soon = 1'b0;
        end
    endgenerate

    assign wait_sum = sum_i && (sum_soon || (first_q && sums_q == SumsBits'(SumBanks)) ||
                                (alone_i && !calm_q));
    assign fire = busy_q && operands_ready && room_q && !func_soon_q && !wait_sum;
    assign idle_o = !busy_q && lines_q == 0 && reds_q == 0;

    // ---- the step ----
    logic                valid_q;
    logic [2*Lanes:0]    meta_q;
    logic [32*Lanes-1:0] a_q, b_q, c_q;
    always_ff @(posedge clk_i) begin
        valid_q <= rst_ni && fire;
        // Nobody looks at these without valid_q: they wait for nothing.
        meta_q <= {last_q, member, visible};
        a_q <= part_a;
        b_q <= part_b;
        c_q <= part_c;
    end
    assign step_soon_o = fire;
    assign step_valid_o = valid_q;
    assign step_meta_o = meta_q;
    assign step_a_o = a_q;
    assign step_b_o = b_q;
    assign step_c_o = c_q;
endmodule
`default_nettype wire
