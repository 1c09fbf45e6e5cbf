// SPDX-License-Identifier: LGPL-2.1-or-later
#include "script.hpp"

#include <fmt/format.h>

namespace luod::tests {

Answer Script::persist(const std::function<Answer()>& call) {
    died_ = false;
    const Deadline deadline;
    for (;;) {
        Answer answer = call();
        if (!answer.luodDied() || deadline.milliseconds() == 0)
            return answer;
        died_ = true;
        world_.luod().waitReady();
    }
}

void Script::must(const std::string& what, const std::function<Answer()>& call, const std::set<std::string>& fine) {
    const Answer answer = persist(call);
    if (!answer && !(died_ && fine.contains(answer.error)))
        complain(fmt::format("{}: {}: {}", what, answer.error, answer.words));
}

void Script::create(const std::string& name) {
    must("create " + name, [&] { return client_.create(name); }, {"NameTaken"});
    if (died_)
        must("find " + name, [&] { return client_.find(name, "outgoing"); });
    told_[name].path = client_.path;
}

void Script::preserve(const std::string& name, const std::map<std::uint64_t, std::string>& files) {
    Told& told = told_[name];
    std::vector<Input> inputs;
    for (const auto& [token, content] : files) {
        files_.push_back(memfdWith(content));
        inputs.push_back({files_.back().get(), token, fmt::format("f{}", token), {}});
    }
    // Those of a first attempt may be in already, so one by one after a death.
    const Answer answer = client_.preserve(told.path, inputs);
    if (!answer)
        for (const Input& input : inputs) {
            died_ = true;
            if (const Answer one = persist([&] { return client_.preserve(told.path, {input}); });
                !one && one.error != "TokenTaken")
                complain(fmt::format("preserve {} {}: {}: {}", name, input.token, one.error, one.words));
        }
    for (const auto& [token, content] : files) {
        told.contents[token] = content;
        told.names[token] = fmt::format("f{}", token);
    }
}

// luod may have died between the kernel's word and the note. True: luod knows of the file.
bool Script::note(const std::string& name, std::uint64_t token) {
    const std::string as = fmt::format("f{}", token);
    const luod_input file{.fd = -1, .token = token, .name = as.c_str(), .metadata = nullptr, .n_metadata = 0, .kind = "memfd"};
    const Answer answer = persist(
        [&] { return client_.answer(luod_note_preserved(client_.get(), told_[name].path.c_str(), &file, 1)); });
    if (!answer && answer.error != "TokenTaken" && answer.error != "NoSuchFile")
        complain(fmt::format("note: {}: {}", answer.error, answer.words));
    return answer || answer.error == "TokenTaken";
}

void Script::borrow(const std::string& name, std::uint64_t token, const std::string& content) {
    const std::string as = fmt::format("f{}", token), number = std::to_string(token);
    Outcome outcome;
    const Deadline deadline;
    bool done = false;
    while (!done && deadline.milliseconds() > 0) {
        outcome = world_.luoctl({"preserve", name, number, "-", "--name", as}, content);
        world_.luod().waitReady();
        done = outcome.status == 0 || note(name, token);
    }
    if (!done)
        complain(fmt::format("borrow {}: {}", name, outcome.err));
    told_[name].contents[token] = content;
    told_[name].names[token] = as;
}

void Script::annotate(const std::string& name, std::uint64_t token, const std::string& as) {
    must("annotate", [&] { return client_.annotate(told_[name].path, token, as); });
    told_[name].names[token] = as;
}

// Where luod was restarted in between it may refuse: then the file stays.
void Script::takeOut(const std::string& name, std::uint64_t token) {
    const Answer answer = persist([&] { return client_.takeOut(told_[name].path, token); });
    if (answer.error == "CannotTakeOut")
        return;
    if (!answer && !(died_ && answer.error == "NoSuchFile") && !(died_ && answer.error == "Busy"))
        complain(fmt::format("take out: {}: {}", answer.error, answer.words));
    told_[name].contents.erase(token);
    told_[name].names.erase(token);
}

void Script::leave(const std::string& name, Answer (Client::*how)(const std::string&)) {
    must("leave " + name, [&] { return (client_.*how)(told_[name].path); },
         {"org.freedesktop.DBus.Error.UnknownObject"});
    told_.erase(name);
}

void Script::compare(const std::string& name, const char* when) {
    const Told& told = told_[name];
    std::map<std::uint64_t, std::string> names;
    must(fmt::format("{}: list files of {}", when, name), [&] {
        names.clear();
        luod_files* files = nullptr;
        const Answer answer = client_.answer(luod_list_files(client_.get(), told.path.c_str(), &files));
        while (answer) {
            const luod_file* file = luod_files_next(files);
            if (!file)
                break;
            names[file->token] = file->name;
        }
        if (answer)
            luod_files_free(files);
        return answer;
    });
    if (names != told.names)
        complain(fmt::format("{}: session {} lists other files than those told of", when, name));
    if (!told.incoming)
        return;
    std::map<std::uint64_t, std::string> contents;
    must(fmt::format("{}: retrieve {}", when, name), [&] { return client_.retrieveAll(told.path, contents); });
    if (contents != told.contents)
        complain(
            fmt::format("{}: session {} gives back {} of {} files", when, name, contents.size(), told.contents.size()));
}

void Script::expectEverything(const char* when) {
    for (const auto& [name, told] : told_)
        compare(name, when);
}

void Script::cross() {
    crossing_ == Crossing::Carried ? world_.luod().kexec() : world_.luod().kexecDirect();
    crossed();
}

void Script::crossed() {
    files_.clear();
    for (auto& [name, told] : told_)
        told.incoming = true;
}

void Script::firstBoot() {
    create("a");
    preserve("a", {{1, "one"}, {2, "two"}, {3, "three"}});
    preserve("a", {{4, "four"}});
    annotate("a", 4, "the fourth");
    create("b");
    preserve("b", {{1, "of b"}});
    takeOut("a", 2);
    create("c");
    preserve("c", {{1, "of c"}});
    leave("c", &Client::discard);
    create("empty");
    expectEverything("first boot");
}

void Script::secondBoot() {
    expectEverything("second boot");
    leave("b", &Client::finish);
    create("e");
    preserve("e", {{1, "of e"}, {2, "of e, too"}});
    annotate("e", 2, "second");
    annotate("a", 1, "came over");
    leave("empty", &Client::discard);
    expectEverything("second boot's end");
    leave("a", &Client::finish);
}

void Script::expectNothing() {
    must("list", [&] {
        luod_sessions* left = nullptr;
        const Answer answer = client_.answer(luod_list(client_.get(), nullptr, LUOD_ANY_OWNER, &left));
        if (const luod_session* session = answer ? luod_sessions_next(left) : nullptr)
            complain(fmt::format("session {} is left at the end", session->name));
        if (answer)
            luod_sessions_free(left);
        return answer;
    });
}

const std::vector<std::string>& Script::run() {
    try {
        firstBoot();
        cross();
        secondBoot();
        cross();
        expectEverything("third boot");
        leave("e", &Client::finish);
        expectNothing();
    } catch (const std::exception& error) {
        complain(error.what());
    }
    return complaints_;
}

} // namespace luod::tests
