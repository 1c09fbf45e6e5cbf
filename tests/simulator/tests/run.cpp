// SPDX-License-Identifier: LGPL-2.1-or-later
#include "run.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

namespace {

std::string setting(const char* name) {
    const char* value = std::getenv(name);
    return value ? value : "";
}

} // namespace

std::string simulatorPath() {
    return setting("LUO_SIM");
}
std::string clientsPath() {
    return setting("LUO_SIM_CLIENTS");
}

Run run(const std::vector<std::string>& command) {
    int ends[2];
    if (pipe(ends) != 0)
        return {-1, "no pipe"};
    const pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        close(ends[1]);
        std::vector<char*> arguments;
        for (const auto& word : command)
            arguments.push_back(const_cast<char*>(word.c_str()));
        arguments.push_back(nullptr);
        execv(arguments[0], arguments.data());
        _exit(127);
    }
    close(ends[1]);
    Run result = {-1, {}};
    char buffer[4096];
    for (ssize_t length; (length = read(ends[0], buffer, sizeof buffer)) > 0;)
        result.output.append(buffer, static_cast<std::size_t>(length));
    close(ends[0]);
    int status;
    waitpid(child, &status, 0);
    result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return result;
}

Run simulate(const std::string& scenario, std::vector<std::string> options) {
    options.insert(options.begin(), simulatorPath());
    options.insert(options.end(), {"--", clientsPath(), scenario});
    return run(options);
}
