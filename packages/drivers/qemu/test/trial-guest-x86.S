# The trial guest of probe-guest.ts for x86_64: from the reset vector through protected mode and long mode, with a return
# from an interrupt in both, to a letter on the UART. Some hosts run firmware under KVM and stop at one of these steps.
#
#   as --64 trial-guest-x86.S -o guest.o && ld -m elf_x86_64 -Ttext 0xfffffe00 --oformat binary -e 0 guest.o -o guest.bin
#
# What comes out are the last 512 bytes of the ROM.
        .code16
start16:
        data32 lgdt %cs:gdt_pointer - start16 + 0xfe00
        mov     %cr0, %eax
        or      $1, %al
        mov     %eax, %cr0
        ljmpl   $0x08, $start32

        .code32
start32:
        mov     $0x10, %ax
        mov     %ax, %ds
        mov     %ax, %es
        mov     %ax, %ss
        mov     $0x8000, %esp
        pushf
        push    $0x08
        push    $returned32
        iret
returned32:                             # The first 2 MiB and the last 2 MiB below 4 GiB, where they are.
        movl    $0x2003, 0x1000
        movl    $0x3003, 0x2000
        movl    $0x4003, 0x2018
        movl    $0x0083, 0x3000
        movl    $0xffe00083, 0x4ff8
        mov     $0x20, %eax             # PAE
        mov     %eax, %cr4
        mov     $0x1000, %eax
        mov     %eax, %cr3
        mov     $0xc0000080, %ecx       # EFER.LME
        rdmsr
        or      $0x100, %eax
        wrmsr
        mov     %cr0, %eax
        or      $0x80000000, %eax
        mov     %eax, %cr0
        ljmp    $0x18, $start64

        .code64
start64:
        mov     $returned64, %eax
        pushq   $0x10
        pushq   $0x8000
        pushfq
        pushq   $0x18
        push    %rax
        iretq
returned64:
        mov     $0x3f8, %dx
        mov     $'K', %al
        out     %al, %dx
        cli
        hlt
        jmp     .

        .align  8
gdt:    .quad   0
        .quad   0x00cf9a000000ffff      # 0x08: code, 32 bits
        .quad   0x00cf92000000ffff      # 0x10: data
        .quad   0x00af9a000000ffff      # 0x18: code, 64 bits
gdt_pointer:
        .word   . - gdt - 1
        .long   gdt

        .org    0x1f0                   # The reset vector
        .code16
        jmp     start16
        .org    0x200
