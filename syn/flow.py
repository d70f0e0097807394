# SPDX-License-Identifier: Apache-2.0
"""How yosys maps a top to the ECP5: one flow for what is placed and for the netlists that replay golden vectors."""

# A clock enable or a reset of fewer registers than this becomes logic before their inputs. Each such net claims places
# in slices for its few registers, and the placer then puts others far from what they read.
LEAST_SHARED = 5

REGISTERS = ["$_DFF_?_ 01", "$_DFF_?P?_ r", "$_SDFF_?P?_ r", "$_DFFE_??_ 01", "$_DFFE_?P??_ r", "$_SDFFE_?P??_ r"]


def mapping(top: str) -> str:
    """The yosys commands that map a design that was read, down from top."""
    cells = " ".join(f"-cell {cell}" for cell in REGISTERS)
    return (f"synth_ecp5 -nowidelut -top {top} -run begin:map_ffs\nopt_clean\n"
            f"dfflegalize {cells} -mince {LEAST_SHARED} -minsrst {LEAST_SHARED}\n"
            f"synth_ecp5 -nowidelut -top {top} -run map_ffs:\n")
