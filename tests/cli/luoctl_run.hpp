// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// luoctl as it is run, against the mock, with what is expected of every run.

#include "playground.hpp"

#include <algorithm>
#include <array>
#include <fcntl.h>
#include <unistd.h>

namespace cli {

class Luoctl : public cli::Playground {
protected:
    std::string ok(std::vector<std::string> words, const std::string& input = "") {
        Outcome ran = luoctl(std::move(words), input);
        EXPECT_EQ(ran.status, 0) << ran.err;
        EXPECT_EQ(ran.err, "");
        return ran.out;
    }
    // One line on standard error, nothing on standard output, that exit code.
    std::string refused(int exitCode, std::vector<std::string> words, const std::string& input = "") {
        Outcome ran = luoctl(std::move(words), input);
        EXPECT_EQ(ran.status, exitCode) << ran.err;
        EXPECT_EQ(std::ranges::count(ran.err, '\n'), 1) << ran.err;
        EXPECT_TRUE(ran.err.starts_with("luoctl: ")) << ran.err;
        EXPECT_EQ(ran.out, "");
        return ran.err;
    }
    void refusedSaying(int exitCode, const std::string& words, std::vector<std::string> line) {
        std::string text = refused(exitCode, std::move(line));
        EXPECT_NE(text.find(words), std::string::npos) << text;
    }
};

struct Pipe {
    Pipe() {
        std::array<int, 2> ends;
        EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
        reading.reset(ends[0]);
        writing.reset(ends[1]);
    }
    UniqueFd reading, writing;
};

} // namespace cli
