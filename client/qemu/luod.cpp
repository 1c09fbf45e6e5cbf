// SPDX-License-Identifier: LGPL-2.1-or-later
#include "luod.hpp"

#include <cerrno>
#include <cstdlib>
#include <deque>

namespace luod::qemu {

namespace {

using Text = std::unique_ptr<char, decltype(&std::free)>;

// What libluod reads of a File; it lives as long as the file does.
class Input {
public:
    explicit Input(const File& file) : file_(file) {
        for (const auto& [key, texts] : file.notes) {
            lists_.emplace_back();
            for (const std::string& text : texts)
                lists_.back().push_back(text.c_str());
            lists_.back().push_back(nullptr);
            values_.push_back({key.c_str(), LUOD_STRINGS, {}});
            values_.back().as.strings = lists_.back().data();
        }
    }
    Input(const Input&) = delete;
    Input& operator=(const Input&) = delete;

    const std::vector<luod_value>& metadata() const { return values_; }
    luod_input get() const { return {file_.fd, file_.token, file_.name.c_str(), values_.data(), values_.size(), nullptr}; }

private:
    const File& file_;
    std::deque<std::vector<const char*>> lists_;
    std::vector<luod_value> values_;
};

Notes notesOf(const luod_file& file) {
    Notes notes;
    for (std::size_t i = 0; i < file.n_metadata; ++i)
        if (const luod_value& value = file.metadata[i]; value.type == LUOD_STRINGS)
            for (const char* const* text = value.as.strings; *text; ++text)
                notes[value.key].emplace_back(*text);
    return notes;
}

} // namespace

Result<Luod> Luod::connect() {
    luod_client* client = nullptr;
    if (const int result = luod_open(&client, nullptr); result < 0) {
        errno = -result;
        return systemFailure("the bus of luod");
    }
    Luod luod(client);
    if (luod_subscribe(client) < 0)
        return luod.failed();
    return luod;
}

Result<std::string> Luod::create(const std::string& name) {
    char* path = nullptr;
    if (luod_create(client_.get(), name.c_str(), LUOD_ANY_OWNER, &path) < 0)
        return failed();
    return Text(path, std::free).get();
}

Result<std::optional<std::string>> Luod::find(const std::string& name, const char* direction) {
    char* path = nullptr;
    const int result = luod_find(client_.get(), name.c_str(), direction, LUOD_ANY_OWNER, &path);
    if (result == -ENOENT)
        return std::nullopt;
    if (result < 0)
        return failed();
    return Text(path, std::free).get();
}

Result<> Luod::discard(const std::string& session) { return done(luod_discard(client_.get(), session.c_str())); }
Result<> Luod::finish(const std::string& session) { return done(luod_finish(client_.get(), session.c_str())); }

Result<std::vector<File>> Luod::files(const std::string& session) {
    luod_files* list = nullptr;
    if (luod_list_files(client_.get(), session.c_str(), &list) < 0)
        return failed();
    const std::unique_ptr<luod_files, decltype(&luod_files_free)> owned(list, luod_files_free);
    std::vector<File> all;
    while (const luod_file* file = luod_files_next(list))
        all.push_back({file->token, file->name, -1, notesOf(*file)});
    return all;
}

Result<Fd> Luod::borrow(const std::string& session) {
    const int fd = luod_borrow(client_.get(), session.c_str());
    return fd < 0 ? failed() : Result<Fd>(Fd(fd));
}

Result<> Luod::preserve(const std::string& session, const std::vector<File>& files) {
    for (const File& file : files) { // in this order, and known one by one: few and large
        const Input input(file);
        const luod_input one = input.get();
        if (luod_preserve(client_.get(), session.c_str(), &one, 1, 0) < 0)
            return failure(file.name + ": " + luod_error_message(client_.get()));
    }
    return {};
}

Result<> Luod::notePreserved(const std::string& session, const File& file) {
    const Input input(file);
    const luod_input one = input.get();
    return done(luod_note_preserved(client_.get(), session.c_str(), &one, 1));
}

Result<std::vector<Fd>> Luod::retrieve(const std::string& session, const std::vector<std::uint64_t>& tokens) {
    std::vector<int> fds(tokens.size(), -1);
    if (luod_retrieve(client_.get(), session.c_str(), tokens.data(), tokens.size(), 0, fds.data()) < 0)
        return failed();
    return std::vector<Fd>(fds.begin(), fds.end());
}

Result<> Luod::annotate(const std::string& session, const File& file) {
    const Input input(file);
    return done(luod_annotate(client_.get(), session.c_str(), file.token, file.name.c_str(), input.metadata().data(),
                              input.metadata().size()));
}

Result<Fd> Luod::lock(const std::string& who, std::uint64_t deadline) {
    const luod_inhibit_options options{deadline, 0};
    const int fd = luod_inhibit(client_.get(), who.c_str(), "its guest has to stand still and be saved", "delay", &options);
    return fd < 0 ? failed() : Result<Fd>(Fd(fd));
}

Result<std::string> Luod::phase() {
    luod_status* status = nullptr;
    if (luod_get_status(client_.get(), &status) < 0)
        return failed();
    const std::unique_ptr<luod_status, decltype(&luod_status_free)> owned(status, luod_status_free);
    return status->phase;
}

Result<> Luod::abort(const std::string& reason) { return done(luod_abort(client_.get(), reason.c_str(), 0)); }

bool Luod::process(const std::function<void(const luod_event&)>& heard) {
    for (;;) {
        const int more = luod_process(client_.get());
        const luod_event* event = nullptr;
        while (luod_next_event(client_.get(), &event) > 0)
            heard(*event);
        if (more <= 0)
            return more == 0;
    }
}

} // namespace luod::qemu
