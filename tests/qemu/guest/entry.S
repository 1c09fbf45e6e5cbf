/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A multiboot kernel: `qemu-system-x86_64 -kernel` starts it in 32 bit protected mode, interrupts off. */
    .section .multiboot, "a"
    .align 4
    .long 0x1badb002
    .long 0x3                   /* pages aligned, memory told */
    .long -(0x1badb002 + 0x3)

    .text
    .global start
start:
    mov $stack_top, %esp
    push %ebx                   /* what the loader tells */
    call guest_main

    .global timer_entry
timer_entry:
    pushal
    cld
    call timer_tick
    popal
    iretl

    .bss
    .align 16
    .skip 16384
stack_top:

    .section .note.GNU-stack, "", @progbits
