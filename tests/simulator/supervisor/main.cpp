// SPDX-License-Identifier: LGPL-2.1-or-later
// luo-sim: runs programs as if the kernel had a Live Update Orchestrator.

#include "commandline.hpp"
#include "control.hpp"
#include "supervisor.hpp"

int main(int argc, char** argv) {
    using namespace luosim;
    const auto wish = readArguments(argc, argv);
    if (const auto* status = std::get_if<int>(&wish))
        return *status;
    if (const auto* question = std::get_if<Question>(&wish))
        return askControl(question->address, question->line);
    return Supervisor(std::get<Options>(wish)).run();
}
