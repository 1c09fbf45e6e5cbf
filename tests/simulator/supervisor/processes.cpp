// SPDX-License-Identifier: LGPL-2.1-or-later
#include "processes.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>

namespace luosim {
namespace {

/// The parent's number: the second field behind the name, which may itself hold spaces and brackets.
pid_t parentOf(const char* process) {
    const std::string path = std::string("/proc/") + process + "/stat";
    const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    char text[256];
    const ssize_t length = read(fd, text, sizeof text - 1);
    close(fd);
    if (length <= 0)
        return 0;
    text[length] = '\0';
    const char* nameEnd = std::strrchr(text, ')');
    char state = 0;
    pid_t parent = 0;
    return nameEnd && std::sscanf(nameEnd + 1, " %c %d", &state, &parent) == 2 ? parent : 0;
}

std::unordered_multimap<pid_t, pid_t> childrenByParent() {
    std::unordered_multimap<pid_t, pid_t> children;
    const std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir("/proc"), closedir);
    while (const dirent* entry = directory ? readdir(directory.get()) : nullptr) {
        if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
            continue;
        if (const pid_t parent = parentOf(entry->d_name))
            children.emplace(parent, std::atoi(entry->d_name));
    }
    return children;
}

} // namespace

std::vector<pid_t> descendants(pid_t ancestor) {
    const auto children = childrenByParent();
    std::vector<pid_t> found;
    std::vector<pid_t> unseen = {ancestor};
    while (!unseen.empty()) {
        const auto [first, last] = children.equal_range(unseen.back());
        unseen.pop_back();
        for (auto child = first; child != last; ++child) {
            found.push_back(child->second);
            unseen.push_back(child->second);
        }
    }
    return found;
}

void endAllDescendants() {
    // A process may fork while it is being looked for: look until there is nobody new.
    std::unordered_set<pid_t> stopped;
    for (bool news = true; news;) {
        news = false;
        for (const pid_t process : descendants(getpid())) {
            if (stopped.insert(process).second) {
                kill(process, SIGSTOP);
                news = true;
            }
        }
    }
    // The orphans of the killed become ours, so without children there is nobody left.
    for (pid_t ended = 0; ended >= 0;) {
        for (const pid_t process : descendants(getpid()))
            kill(process, SIGKILL);
        ended = waitpid(-1, nullptr, 0);
        while (ended > 0)
            ended = waitpid(-1, nullptr, WNOHANG);
    }
}

} // namespace luosim
