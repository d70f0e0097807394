// SPDX-License-Identifier: Apache-2.0
// y = func(t) for the Lanes elements of a step, FuncLanes of them a cycle through as many function
// pipelines. Steps come Lanes / FuncLanes cycles apart or further; each leaves FUNC_LATENCY + Lanes /
// FuncLanes + 1 cycles after it came, with its meta.
`default_nettype none
module quin_vector_func #(
    parameter int Lanes = 4,
    parameter int FuncLanes = 1,
    parameter int MetaBits = 9
) (
    input  logic                clk_i,
    input  logic                rst_ni,
    input  logic [2:0]          func_i,
    input  logic                valid_i,
    input  logic [MetaBits-1:0] meta_i,
    input  logic [32*Lanes-1:0] t_i,
    output logic                valid_o,
    output logic [MetaBits-1:0] meta_o,
    output logic [32*Lanes-1:0] y_o
);
    localparam int Steps = Lanes / FuncLanes;
    localparam int Latency = quin_cell_pkg::FUNC_LATENCY;
    localparam int LeftBits = $clog2(Steps) + 1;

    // In: the lowest elements enter, the others move down.
    logic [32*Lanes-1:0] t_q, y_q;
    logic [LeftBits-1:0] left_q;  // cycles that this step still enters
    logic [Latency-1:0]  last_q;  // the last elements of a step are at this place of the pipeline
    logic                busy, last;
    assign busy = left_q != 0;
    assign last = left_q == 1;

    always_ff @(posedge clk_i) begin
        if (!rst_ni)
            left_q <= '0;
        else if (valid_i)
            left_q <= LeftBits'(Steps);
        else if (busy)
            left_q <= left_q - 1'b1;
        if (!rst_ni)
            last_q <= '0;
        else
            last_q <= {last_q[Latency-2:0], last};
    end

    // The pipelines move while a step is entering or inside.
    localparam int DrainBits = $clog2(Latency + 2);
    logic [DrainBits-1:0] drain_q;
    logic                 en;
    always_ff @(posedge clk_i) begin
        en <= rst_ni && (valid_i || busy || drain_q != 0);
        if (!rst_ni)
            drain_q <= '0;
        else if (busy)
            drain_q <= DrainBits'(Latency + 1);
        else if (drain_q != 0)
            drain_q <= drain_q - 1'b1;
    end

    logic [32*FuncLanes-1:0] y;
    genvar f;
    generate
        for (f = 0; f < FuncLanes; f = f + 1) begin : g_func
            quin_func func (.clk_i, .rst_ni, .en_i(en), .func_i, .x_i(t_q[32*f +: 32]), .y_o(y[32*f +: 32]));
        end
        if (Steps == 1) begin : g_whole
            always_ff @(posedge clk_i) begin
                if (valid_i) t_q <= t_i;
                if (en) y_q <= y;
            end
        end else begin : g_shift
            always_ff @(posedge clk_i) begin
                if (valid_i)
                    t_q <= t_i;
                else if (busy)
                    t_q <= {t_q[32*FuncLanes-1:0], t_q[32*Lanes-1:32*FuncLanes]};
                if (en) y_q <= {y, y_q[32*Lanes-1:32*FuncLanes]};
            end
        end
    endgenerate

    // The steps inside, at most one every Steps cycles; each stays for Latency + Steps + 1.
    localparam int InsideBits = $clog2((Latency + Steps + 1) / Steps + 1);
    localparam int Inside = 1 << InsideBits;
    logic [MetaBits-1:0]   meta [0:Inside-1];
    logic [InsideBits-1:0] in_q, out_q;
    logic                  valid_q;
    always_ff @(posedge clk_i) begin
        valid_q <= rst_ni && last_q[Latency-1];
        if (!rst_ni) begin
            in_q <= '0;
            out_q <= '0;
        end else begin
            if (valid_i) in_q <= in_q + 1'b1;
            if (valid_q) out_q <= out_q + 1'b1;
        end
        if (valid_i) meta[in_q] <= meta_i;
    end
    assign valid_o = valid_q;
    assign meta_o = meta[out_q];
    assign y_o = y_q;
endmodule
`default_nettype wire
