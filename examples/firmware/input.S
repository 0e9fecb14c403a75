/* The samples, an .npy file, in flash. INPUT is its path. */
    .section .rodata.input, "a"
    .balign 64
    .global input_file, input_end
input_file:
    .incbin INPUT
input_end:
