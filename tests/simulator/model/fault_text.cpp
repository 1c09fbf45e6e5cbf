// SPDX-License-Identifier: LGPL-2.1-or-later
// The text form of a fault, both ways.

#include "fault.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <utility>

namespace luosim::model {

namespace {

using Error = std::unexpected<std::string>;
template <class E> using Word = std::pair<std::string_view, E>;

constexpr std::array<Word<Point>, 13> points{{{"call", Point::call},
                                              {"open", Point::open},
                                              {"create", Point::createSession},
                                              {"retrieve-session", Point::retrieveSession},
                                              {"preserve", Point::preserve},
                                              {"retrieve", Point::retrieve},
                                              {"finish", Point::finish},
                                              {"get-name", Point::getName},
                                              {"close", Point::close},
                                              {"load", Point::load},
                                              {"reboot", Point::reboot},
                                              {"kexec", Point::kexec},
                                              {"module", Point::module}}};
constexpr std::array<Word<Stage>, 2> stages{{{"handler", Stage::handler}, {"freeze", Stage::freeze}}};
constexpr std::array<Word<Effect>, 4> plainEffects{{{"kill", Effect::kill},
                                                    {"kill-after", Effect::killAfter},
                                                    {"not-loaded", Effect::notLoaded},
                                                    {"power-loss", Effect::powerLoss}}};
constexpr std::array<Word<long>, 3> units{{{"ms", 1}, {"s", 1000}, {"m", 60000}}};

template <class E, std::size_t N> std::optional<E> find(const std::array<Word<E>, N>& words, std::string_view word) {
    for (const auto& [text, value] : words)
        if (text == word)
            return value;
    return std::nullopt;
}

template <class E, std::size_t N> std::string_view textOf(const std::array<Word<E>, N>& words, E value) {
    for (const auto& [text, known] : words)
        if (known == value)
            return text;
    return {};
}

/// A number at the start of `text`, decimal or 0x, and what stands behind it.
std::optional<std::pair<std::uint64_t, std::string_view>> readNumber(std::string_view text) {
    const bool hex = text.starts_with("0x");
    if (hex)
        text.remove_prefix(2);
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, hex ? 16 : 10);
    if (error != std::errc())
        return std::nullopt;
    return std::pair{value, text.substr(static_cast<std::size_t>(end - text.data()))};
}

std::expected<std::uint64_t, std::string> wholeNumber(std::string_view key, std::string_view text) {
    const auto number = readNumber(text);
    if (!number || !number->second.empty())
        return Error(std::string(key) + " wants a number, not '" + std::string(text) + "'");
    return number->first;
}

constexpr int lastErrno = 133; // EHWPOISON

std::expected<int, std::string> readErrno(std::string_view text) {
    for (int number = 1; number <= lastErrno; ++number)
        if (const char* name = strerrorname_np(number); name && text == name)
            return number;
    const auto number = readNumber(text);
    if (number && number->second.empty() && number->first >= 1 && number->first <= lastErrno)
        return static_cast<int>(number->first);
    return Error("errno wants a name such as ENOMEM or a number from 1 to " + std::to_string(lastErrno) + ", not '" +
                 std::string(text) + "'");
}

std::expected<std::chrono::milliseconds, std::string> readDelay(std::string_view text) {
    constexpr std::uint64_t most = 24 * 60 * 60 * 1000;
    if (const auto number = readNumber(text))
        if (const auto unit = find(units, number->second); unit && number->first <= most / static_cast<unsigned>(*unit))
            return std::chrono::milliseconds(static_cast<long>(number->first) * *unit);
    return Error("delay wants up to a day as 5ms, 2s or 1m, not '" + std::string(text) + "'");
}

class Parser {
public:
    std::expected<Fault, std::string> parse(std::string_view text) {
        bool first = true;
        for (std::size_t start = 0; start <= text.size(); first = false) {
            const auto end = std::min(text.find(':', start), text.size());
            const auto part = text.substr(start, end - start);
            first ? readPoint(part) : readPart(part);
            start = end + 1;
        }
        check();
        if (!complaint_.empty())
            return Error("fault '" + std::string(text) + "': " + complaint_);
        return fault_;
    }

private:
    /// The first complaint is the one to show; what follows may only be its echo.
    void complain(std::string what) {
        if (complaint_.empty())
            complaint_ = std::move(what);
    }

    void readPoint(std::string_view part) {
        if (const auto point = find(points, part)) {
            fault_.point = *point;
            return;
        }
        std::string known;
        for (const auto& [text, value] : points)
            known += (known.empty() ? "" : ", ") + std::string(text);
        complain("'" + std::string(part) + "' is not a point; known are " + known);
    }

    void readPart(std::string_view part) {
        const auto equals = part.find('=');
        if (equals != std::string_view::npos)
            readPair(part.substr(0, equals), part.substr(equals + 1));
        else if (const auto stage = find(stages, part))
            fault_.stage = *stage;
        else if (const auto effect = find(plainEffects, part))
            setEffect(*effect);
        else
            complain("'" + std::string(part) + "' is neither a stage nor an effect nor KEY=VALUE");
    }

    void readPair(std::string_view key, std::string_view value) {
        if (std::ranges::find(seen_, key) != seen_.end())
            complain(std::string(key) + " is given twice");
        seen_.push_back(key);
        if (key == "session")
            fault_.session = value;
        else if (key == "name")
            fault_.module = value;
        else if (key == "token")
            fault_.token = take(wholeNumber(key, value));
        else if (key == "nth")
            fault_.nth = take(wholeNumber(key, value));
        else if (key == "from")
            fault_.from = take(wholeNumber(key, value));
        else if (key == "errno") {
            setEffect(Effect::errnoNumber);
            fault_.errnoNumber = take(readErrno(value));
        } else if (key == "delay") {
            setEffect(Effect::delay);
            fault_.delay = take(readDelay(value));
        } else
            complain("'" + std::string(key) + "' is not a key");
    }

    template <class T> T take(std::expected<T, std::string> value) {
        if (!value)
            complain(value.error());
        return value.value_or(T{});
    }

    void setEffect(Effect effect) {
        if (hasEffect_)
            complain("there is more than one effect");
        hasEffect_ = true;
        fault_.effect = effect;
    }

    void check() {
        const Point at = fault_.point;
        const Effect effect = fault_.effect;
        if (!hasEffect_)
            complain("there is no effect (errno=, delay=, kill, kill-after, not-loaded or power-loss)");
        if ((at == Point::module) != (effect == Effect::notLoaded))
            complain("module and not-loaded belong together");
        if ((at == Point::kexec) != (effect == Effect::powerLoss))
            complain("kexec and power-loss belong together");
        if ((at == Point::module) != fault_.module.has_value())
            complain("name= belongs to module, and module needs it");
        if (fault_.nth == 0u || fault_.from == 0u)
            complain("nth and from count from 1");
        checkStage();
    }

    void checkStage() {
        if (fault_.stage == Stage::call)
            return;
        const Point at = fault_.point;
        if (fault_.stage == Stage::freeze && at != Point::reboot)
            complain("freeze belongs to reboot");
        if (fault_.stage == Stage::handler && at != Point::preserve && at != Point::retrieve && at != Point::finish)
            complain("handler belongs to preserve, retrieve or finish");
        if (fault_.effect != Effect::errnoNumber)
            complain("inside a handler only errno= can be done");
    }

    Fault fault_;
    bool hasEffect_ = false;
    std::vector<std::string_view> seen_;
    std::string complaint_;
};

} // namespace

std::expected<Fault, std::string> parseFault(std::string_view text) {
    return Parser().parse(text);
}

std::string toString(const Fault& fault) {
    std::string text(textOf(points, fault.point));
    const auto pair = [&](const char* key, const auto& value) { text += std::string(":") + key + "=" + value; };
    if (fault.stage != Stage::call)
        text += ":" + std::string(textOf(stages, fault.stage));
    if (fault.session)
        pair("session", *fault.session);
    if (fault.token)
        pair("token", std::to_string(*fault.token));
    if (fault.module)
        pair("name", *fault.module);
    if (fault.nth)
        pair("nth", std::to_string(*fault.nth));
    if (fault.from)
        pair("from", std::to_string(*fault.from));
    if (fault.effect == Effect::errnoNumber)
        pair("errno", strerrorname_np(fault.errnoNumber));
    else if (fault.effect == Effect::delay)
        pair("delay", std::to_string(fault.delay.count()) + "ms");
    else
        text += ":" + std::string(textOf(plainEffects, fault.effect));
    return text;
}

} // namespace luosim::model
