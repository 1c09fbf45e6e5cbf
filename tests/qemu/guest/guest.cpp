// SPDX-License-Identifier: LGPL-2.1-or-later

// A guest that tells whether it lived through something. It fills its memory, counts, keeps a clock of its own, writes a
// sequence to its disk if it has one, and answers one letter on the serial port with a line:
//
//   c  counter N      goes up by one, a thousand times each time the timer wakes the guest
//   t  ticks N        of its timer, 250 a second while it runs, or less on a host that cannot keep up
//   g  gap N          milliseconds that its own clock, which no host is too slow for, is behind the host's, since the last g;
//                     answered at the host's next full second
//   d  disk N         the last number written: number n fills sector n % 2048; "none" without a disk
//   s  sum N          of the filled memory, read again
//   m  memory N       MiB that are filled
//   b  boot N         a number drawn when it started
//   w  wrong N        times that the counter in memory was not what a register held over a rest: memory of one moment with a
//                     processor of another
//
// The counter is at address 0x7000, for whoever has the memory and no guest.
//
// Its command line may say fill=MIB; otherwise everything above 4 MiB is filled.

#include "io.hpp"

namespace {

constexpr u32 mebibyte = 1 << 20;
constexpr u32 fillBegin = 4 * mebibyte;
constexpr u32 sectors = 2048;
constexpr u32 timerFrequency = 1193182, tickFrequency = 250;

struct LoaderInfo {
    u32 flags, lowerKiB, upperKiB, bootDevice;
    const char* commandLine;
};

volatile u32 ticks;

volatile u32& counter() { return *reinterpret_cast<volatile u32*>(0x7000); }

u32 wordAt(u32 address) { return (address ^ 0x5bd1e995) * 2654435761u; }

u32* memory(u32 address) { return reinterpret_cast<u32*>(address); }

void fill(u32 end) {
    for (u32 at = fillBegin; at < end; at += 4)
        *memory(at) = wordAt(at);
}

u64 sum(u32 end) {
    u64 all = 0xcbf29ce484222325;
    for (u32 at = fillBegin; at < end; at += 4)
        all = (all ^ *static_cast<volatile u32*>(memory(at))) * 0x100000001b3;
    return all;
}

u32 asked(const char* line) {
    for (; line && *line; ++line)
        if (line[0] == 'f' && line[1] == 'i' && line[2] == 'l' && line[3] == 'l' && line[4] == '=') {
            u32 number = 0;
            for (line += 5; *line >= '0' && *line <= '9'; ++line)
                number = number * 10 + u32(*line - '0');
            return number;
        }
    return 0;
}

u32 fillEnd(const LoaderInfo& info) {
    const u32 most = mebibyte + info.upperKiB / 1024 * mebibyte;
    const u32 wanted = info.flags & 4 ? asked(info.commandLine) : 0;
    return wanted && fillBegin + wanted * mebibyte < most ? fillBegin + wanted * mebibyte : most;
}

// ---- The timer: 250 interrupts a second, between which the processor rests.

struct [[gnu::packed]] Gate {
    u16 low, selector;
    u8 zero, type;
    u16 high;
};
Gate gates[256];

struct [[gnu::packed]] Segments {
    u16 size;
    const void* base;
};
constexpr u64 segments[] = {0, 0x00cf9a000000ffff, 0x00cf92000000ffff};

extern "C" void timer_entry();
extern "C" void timer_tick() {
    ticks = ticks + 1;
    out8(0x20, 0x20);
}

void loadTables() {
    const u32 entry = reinterpret_cast<u32>(&timer_entry);
    gates[32] = {u16(entry), 8, 0, 0x8e, u16(entry >> 16)};
    const Segments all{sizeof segments - 1, segments}, handlers{sizeof gates - 1, gates};
    asm volatile("lgdt %0; lidt %1; ljmp $8, $1f; 1: mov %2, %%ds; mov %2, %%es; mov %2, %%ss"
                 :
                 : "m"(all), "m"(handlers), "r"(16)
                 : "memory");
}

void startTimer() {
    loadTables();
    out8(0x20, 0x11); // interrupt controllers: the timer is interrupt 32, all others are masked
    out8(0xa0, 0x11);
    out8(0x21, 32);
    out8(0xa1, 40);
    out8(0x21, 4);
    out8(0xa1, 2);
    out8(0x21, 1);
    out8(0xa1, 1);
    out8(0x21, 0xfe);
    out8(0xa1, 0xff);
    out8(0x43, 0x34);
    out8(0x40, u8(timerFrequency / tickFrequency));
    out8(0x40, u8(timerFrequency / tickFrequency >> 8));
    asm volatile("sti");
}

// ---- Its life

class Life {
public:
    explicit Life(u32 end) : end_(end) {}

    void begin() {
        serial_.begin();
        fill(end_);
        counter() = 0;
        boot_ = timeStamp();
        hasDisk_ = disk_.there();
        startTimer();
        startOwnClock();
        seconds_ = hostSeconds();
        say("guest runs", 0);
    }
    void step() {
        u32 kept = counter();
        asm volatile("hlt" : "+r"(kept));
        wrong_ += counter() != kept;
        if (const u32 now = hostSeconds(); now != seconds_)
            secondBegins(now);
        for (int i = 0; i < 1000; ++i)
            counter() = counter() + 1;
        if (hasDisk_ && ticks / 8 != written_ / 8) {
            written_ = ticks;
            ++number_;
            disk_.write(number_ % sectors, number_);
        }
        if (serial_.has())
            answer(serial_.take());
    }

private:
    void secondBegins(u32 now) {
        const u64 clock = ownClock();
        if (synchronous_)
            elapsed_ += (now + 3600 - seconds_) % 3600;
        else
            clockThen_ = clock;
        synchronous_ = true;
        seconds_ = now;
        if (!asked_)
            return;
        const int behind = int(elapsed_ * 1000) - int(quotient(clock - clockThen_, clockPerMillisecond));
        say("gap", behind > 0 ? u32(behind) : 0);
        asked_ = false;
        elapsed_ = 0;
        clockThen_ = clock;
    }
    void say(const char* what, u32 value) const {
        serial_.put(what);
        serial_.put(' ');
        serial_.putDecimal(value);
        serial_.put('\n');
    }
    void answer(char question) {
        if (question == 'c')
            say("counter", counter());
        if (question == 't')
            say("ticks", ticks);
        if (question == 'd' && hasDisk_)
            say("disk", number_);
        if (question == 'd' && !hasDisk_)
            serial_.put("disk none\n");
        if (question == 'm')
            say("memory", (end_ - fillBegin) / mebibyte);
        if (question == 'b')
            say("boot", boot_);
        if (question == 'w')
            say("wrong", wrong_);
        asked_ |= question == 'g';
        if (question == 's') {
            serial_.put("sum ");
            serial_.putHexadecimal(sum(end_));
            serial_.put('\n');
        }
    }

    const u32 end_;
    Serial serial_;
    Disk disk_;
    bool hasDisk_ = false;
    u32 boot_ = 0, wrong_ = 0;
    u32 number_ = 0, written_ = 0;
    u32 seconds_ = 0, elapsed_ = 0; // by the host's clock
    u64 clockThen_ = 0;             // since when
    bool synchronous_ = false, asked_ = false;
};

} // namespace

extern "C" [[noreturn]] void guest_main(const LoaderInfo* info) {
    Life life(fillEnd(*info));
    life.begin();
    for (;;)
        life.step();
}
