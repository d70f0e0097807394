// SPDX-License-Identifier: Apache-2.0
// The stream DMA behind axi_memory: random jobs (tiles, strides, one after the other and queued), each beat
// compared with the bytes of the memory, and one job that no window grants. Ends with "stream: PASS" or
// "FAIL".
`default_nettype none

module stream_icarus;
    parameter int BusBytes = 4;
    parameter int StreamBytes = 2;
    parameter int Jobs = 40;
    localparam int Bytes = 16384, Granted = 15360;  // of the memory; of the window
    localparam int Shift = $clog2(BusBytes);

    logic clk, rst_n, valid, ready, done, beat_valid, beat_ready, idle, counted;
    logic arvalid, arready, rvalid, rready, rlast;
    logic awready, wready, bvalid, ready_before;
    logic [39:0] address, stride, araddr, where;
    logic [19:0] tiles;
    logic [34:0] tile_bytes;
    logic [3:0] error_code, rid;
    logic [8*StreamBytes-1:0] data, want;
    logic [7:0] arlen;
    logic [8*BusBytes-1:0] rd;
    logic [1:0] rresp, bresp;
    logic [4*82-1:0] windows;

    quin_stream_dma #(.BusBytes(BusBytes), .StreamBytes(StreamBytes), .FifoBytes(256)) dut (
        .clk_i(clk), .rst_ni(rst_n), .windows_i(windows), .flush_i(1'b0), .idle_o(idle), .job_valid_i(valid),
        .job_ready_o(ready), .job_address_i(address), .job_tiles_i(tiles), .job_tile_bytes_i(tile_bytes),
        .job_tile_stride_i(stride), .done_o(done), .done_error_o(error_code), .done_address_o(where),
        .stream_valid_o(beat_valid), .stream_ready_i(beat_ready), .stream_data_o(data), .ar_valid_o(arvalid),
        .ar_ready_i(arready), .ar_addr_o(araddr), .ar_len_o(arlen), .r_valid_i(rvalid), .r_ready_o(rready),
        .r_data_i(rd), .r_resp_i(rresp), .r_last_i(rlast), .count_beat_o(counted)
    );

    axi_memory #(.BusBytes(BusBytes), .Words(Bytes / BusBytes)) memory (
        .clk_i(clk), .rst_ni(rst_n), .arvalid_i(arvalid), .arready_o(arready), .araddr_i(araddr),
        .arlen_i(arlen),
        .arsize_i(3'(Shift)), .arburst_i(2'b01), .arid_i(4'd0), .rvalid_o(rvalid), .rready_i(rready),
        .rdata_o(rd),
        .rresp_o(rresp), .rlast_o(rlast), .rid_o(rid), .awvalid_i(1'b0), .awready_o(awready),
        .awaddr_i(40'd0),
        .awlen_i(8'd0), .awsize_i(3'd0), .awburst_i(2'b00), .wvalid_i(1'b0), .wready_o(wready),
        .wdata_i({BusBytes{8'd0}}),
        .wstrb_i({BusBytes{1'b0}}), .wlast_i(1'b0), .bvalid_o(bvalid), .bready_i(1'b0), .bresp_o(bresp)
    );

    // jobs by number; the stream walks through them behind the DMA's queue
    logic [39:0] job_address [0:Jobs-1];
    logic [39:0] job_stride [0:Jobs-1];
    integer job_tiles [0:Jobs-1];
    integer job_bytes [0:Jobs-1];
    integer given, at, tile, offset, finished, errors, beats, cycles, seed, i, place;

    function automatic integer below(input integer n);
        below = $unsigned($random(seed)) % n;
    endfunction

    task fail(input [8*24-1:0] what);
        begin
            errors = errors + 1;
            if (errors <= 10) $display("stream: job %0d tile %0d byte %0d: %0s", at, tile, offset, what);
        end
    endtask

    task take_beat;
        begin
            for (i = 0; i < StreamBytes; i = i + 1) begin
                place = job_address[at] + tile * job_stride[at] + offset + i;
                want[8*i +: 8] = memory.mem[place / BusBytes][8 * (place % BusBytes) +: 8];
            end
            if (at < Jobs - 1 && data !== want) fail("wrong data");
            beats = beats + 1;
            offset = offset + StreamBytes;
            if (offset == job_bytes[at]) begin
                offset = 0;
                tile = tile + 1;
                if (tile == job_tiles[at]) begin
                    tile = 0;
                    at = at + 1;
                end
            end
        end
    endtask

    initial begin
        {clk, rst_n, valid, beat_ready} = '0;
        {given, at, tile, offset, finished, errors, beats, cycles} = '0;
        seed = 1;
        windows = '0;
        windows[40 +: 40] = Granted;
        windows[80] = 1'b1;
        for (i = 0; i < Bytes / BusBytes; i = i + 1) memory.mem[i] = $random(seed);
        for (i = 0; i < Jobs; i = i + 1) begin
            job_tiles[i] = 1 + below(5);
            job_bytes[i] = StreamBytes * (1 + below(i % 4 == 0 ? 300 : 40));
            job_stride[i] = job_bytes[i] + StreamBytes * below(20);
            job_address[i] = StreamBytes * below(1024);
        end
        job_address[Jobs-1] = Granted - StreamBytes;  // its second half has no window
        job_tiles[Jobs-1] = 1;
        job_bytes[Jobs-1] = 2 * StreamBytes;
        while (finished < Jobs && cycles < 200000 && errors < 10) begin
            rst_n = cycles >= 4;
            if (!valid && rst_n && given < Jobs && below(4) == 0) begin
                valid = 1;
                address = job_address[given];
                stride = job_stride[given];
                tiles = job_tiles[given];
                tile_bytes = job_bytes[given];
            end
            beat_ready = below(8) != 0;
            #1;
            if (beat_valid === 1'b1 && beat_ready) begin
                if (at >= given) fail("a beat too many");
                else take_beat;
            end
            if (done === 1'b1) begin
                if (error_code !== (finished == Jobs - 1 ? quin_pkg::DERR_WINDOW : 0)) fail("wrong error");
                finished = finished + 1;
                if (finished > at) fail("done too early");
            end
            ready_before = ready;
            clk = 1;
            #1;
            clk = 0;
            if (valid && ready_before) begin
                valid = 0;
                given = given + 1;
            end
            cycles = cycles + 1;
        end
        $display("stream: %0s, %0d jobs, %0d beats, %0d cycles",
                 errors == 0 && finished == Jobs && at == Jobs && memory.breaches == 0 ? "PASS" : "FAIL",
                 finished, beats, cycles);
        $finish;
    end
endmodule

`default_nettype wire
