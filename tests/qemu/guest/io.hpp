// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// A PC's ports and the little that the guest needs of them.

using u8 = unsigned char;
using u16 = unsigned short;
using u32 = unsigned;
using u64 = unsigned long long;

inline void out8(u16 port, u8 value) { asm volatile("outb %0, %1" : : "a"(value), "Nd"(port)); }
inline void out16(u16 port, u16 value) { asm volatile("outw %0, %1" : : "a"(value), "Nd"(port)); }
inline u8 in8(u16 port) {
    u8 value;
    asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

inline u32 timeStamp() {
    u32 low, high;
    asm volatile("rdtsc" : "=a"(low), "=d"(high));
    return low ^ high;
}

// Seconds within the hour by the clock chip: QEMU takes them from the host, so that they go on while the guest does not.
inline u32 hostSeconds() {
    const auto read = [](u8 which) {
        out8(0x70, which);
        const u8 digits = in8(0x71);
        return u32(digits >> 4) * 10 + (digits & 15);
    };
    for (;;) {
        const u32 minutes = read(2), seconds = read(0);
        if (read(2) == minutes)
            return minutes * 60 + seconds;
    }
}

// The high precision timer: by its registers QEMU's own clock for this guest, which stands still while the guest does.
constexpr u32 clockPerMillisecond = 100'000;

inline volatile u32& clockRegister(u32 offset) { return *reinterpret_cast<volatile u32*>(0xfed00000 + offset); }

inline void startOwnClock() { clockRegister(0x10) = clockRegister(0x10) | 1; }

inline u64 ownClock() {
    for (;;) {
        const u32 high = clockRegister(0xf4), low = clockRegister(0xf0);
        if (clockRegister(0xf4) == high)
            return u64(high) << 32 | low;
    }
}

// Of which the result fits. Without a library there is no division of 64 bits.
inline u32 quotient(u64 number, u32 divisor) {
    u32 result, rest;
    asm("divl %4" : "=a"(result), "=d"(rest) : "a"(u32(number)), "d"(u32(number >> 32)), "r"(divisor));
    return result;
}

// The first serial port.
class Serial {
public:
    void begin() const {
        out8(base + 3, 0x03); // 8 bits; the speed does not matter here
        out8(base + 2, 0x07); // FIFOs
    }
    bool has() const { return in8(base + 5) & 0x01; }
    char take() const { return char(in8(base)); }
    void put(char c) const {
        while (!(in8(base + 5) & 0x20)) {
        }
        out8(base, u8(c));
    }
    void put(const char* text) const {
        for (; *text; ++text)
            put(*text);
    }
    void putHexadecimal(u64 value) const {
        for (int shift = 60; shift >= 0; shift -= 4)
            put("0123456789abcdef"[value >> shift & 15]);
    }
    void putDecimal(u32 value) const {
        char digits[10];
        int n = 0;
        do
            digits[n++] = char('0' + value % 10);
        while (value /= 10);
        while (n > 0)
            put(digits[--n]);
    }

private:
    static constexpr u16 base = 0x3f8;
};

// The first IDE disk, by programmed I/O.
class Disk {
public:
    bool there() const {
        out8(base + 6, 0xe0); // the firmware may have looked for a second one last; while the reset lasts none can be chosen
        out8(0x3f6, 4);       // not every firmware looks at it
        out8(0x3f6, 0);
        u8 status;
        do
            status = in8(base + 7);
        while (status & 0x80 && status != 0xff);
        return status != 0xff && status & 0x40;
    }
    // One sector, filled with this number. Returns when it is in the image.
    void write(u32 sector, u32 number) const {
        wait(0x80, 0);
        out8(base + 6, u8(0xe0 | (sector >> 24 & 15)));
        out8(base + 2, 1);
        for (int i = 0; i < 3; ++i)
            out8(u16(base + 3 + i), u8(sector >> 8 * i));
        out8(base + 7, 0x30);
        wait(0x88, 0x08);
        for (int i = 0; i < 256; ++i)
            out16(base, u16(number >> 16 * (i & 1)));
        wait(0x80, 0);
        out8(base + 7, 0xe7); // flush
        wait(0x80, 0);
    }

private:
    static constexpr u16 base = 0x1f0;
    static void wait(u8 mask, u8 value) {
        while ((in8(base + 7) & mask) != value) {
        }
    }
};
