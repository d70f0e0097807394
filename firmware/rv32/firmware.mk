# SPDX-License-Identifier: Apache-2.0
# The firmware of the RV32 core: build/firmware/firmware.hex, one word a line for $readmemh, as long as the core's memory.

FW_CC  := riscv64-unknown-elf-gcc
FW_RAM := 16384
FW_SRC := firmware/rv32/start.S firmware/rv32/main.c $(wildcard firmware/core/*.c)
FW_CFLAGS := -std=c11 -march=rv32im -mabi=ilp32 -mno-div -mstrict-align -O2 -flto -ffreestanding -nostdlib -static \
	-ftree-loop-distribute-patterns -ffunction-sections -Wall -Wextra -Werror -Irtl/spec -Ifirmware/core
FW_LDFLAGS := -T firmware/rv32/firmware.ld -Wl,--defsym=RAM_BYTES=$(FW_RAM),--gc-sections,--no-warn-rwx-segments
FW_DEPENDS := firmware/rv32/firmware.ld firmware/rv32/firmware.mk \
	$(wildcard firmware/core/*.h rtl/spec/*.def rtl/spec/*.h)

.PHONY: firmware
firmware: build/firmware/firmware.hex ## Cross-compile the firmware of the RV32 core and print its size
	@riscv64-unknown-elf-size build/firmware/firmware.elf

build/firmware/firmware.elf: $(FW_SRC) $(FW_DEPENDS)
	@mkdir -p $(@D)
	@echo '  rv32 $@'; $(FW_CC) $(FW_CFLAGS) $(FW_LDFLAGS) -o $@ $(FW_SRC) -lgcc

build/firmware/firmware.hex: build/firmware/firmware.elf
	@riscv64-unknown-elf-objcopy -O binary --gap-fill 0 --pad-to $(FW_RAM) $< build/firmware/firmware.bin
	@od -An -v -t x4 -w4 --endian=little build/firmware/firmware.bin | tr -d ' ' > $@
