/* SPDX-License-Identifier: Apache-2.0
 *
 * The default model as bytes of the library; the path comes from the Makefile.
 */
    .section .rodata
    .balign 64
    .global quin_embedded_model
    .global quin_embedded_model_end
quin_embedded_model:
    .incbin QUIN_EMBEDDED_MODEL
quin_embedded_model_end:
    .byte 0
    .section .note.GNU-stack, "", %progbits
