// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// How records become bytes: numbers as LEB128, signed ones zigzag, strings and lists behind their length, variants behind
// their index. Nothing depends on the machine's byte order or word size.

#include <bit>
#include <concepts>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace luod::core::wire {

class Writer {
public:
    explicit Writer(std::string& out) : out_(out) {}

    template <typename... T> void operator()(const T&... values) { (put(values), ...); }
    template <typename T, typename F> void list(std::vector<T>& values, F each) {
        number(values.size());
        for (T& value : values) {
            std::string item; // behind its own length, so that a later version may append fields to it
            Writer writer(item);
            each(writer, value);
            put(item);
        }
    }
    void number(std::uint64_t n) {
        for (; n >= 0x80; n >>= 7)
            out_ += static_cast<char>(n | 0x80);
        out_ += static_cast<char>(n);
    }

private:
    template <std::unsigned_integral T> void put(T n) { number(n); }
    template <std::signed_integral T> void put(T n) {
        auto wide = std::int64_t(n);
        number(std::uint64_t(wide) << 1 ^ std::uint64_t(wide >> 63));
    }
    template <typename T> requires std::is_enum_v<T> void put(T e) { number(std::uint64_t(e)); }
    void put(double d) { number(std::bit_cast<std::uint64_t>(d)); }
    void put(const std::string& s) {
        number(s.size());
        out_ += s;
    }
    template <typename T> void put(const std::vector<T>& values) {
        number(values.size());
        for (const T& value : values)
            put(value);
    }
    template <typename K, typename V> void put(const std::map<K, V>& values) {
        number(values.size());
        for (const auto& [key, value] : values)
            (*this)(key, value);
    }
    template <typename... T> void put(const std::variant<T...>& value) {
        number(value.index());
        std::visit([this](const auto& v) { this->put(v); }, value);
    }

    std::string& out_;
};

// Never reads past the end, never believes a length: after any nonsense failed() is true and every value is empty.
class Reader {
public:
    explicit Reader(std::string_view in) : in_(in) {}

    template <typename... T> void operator()(T&... values) { (take(values), ...); }
    template <typename T, typename F> void list(std::vector<T>& values, F each) {
        if (atEnd())
            return;
        for (std::uint64_t n = length(); n > 0 && !failed_; --n) {
            auto size = length();
            Reader item(in_.substr(0, size));
            in_.remove_prefix(size);
            each(item, values.emplace_back());
            failed_ = failed_ || item.failed_;
        }
    }
    std::uint64_t number() {
        std::uint64_t n = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            if (in_.empty())
                break;
            auto byte = static_cast<unsigned char>(in_.front());
            in_.remove_prefix(1);
            if (shift == 63 && byte > 1) // more than 64 bits
                break;
            n |= std::uint64_t(byte & 0x7f) << shift;
            if (byte < 0x80)
                return n;
        }
        failed_ = true;
        return 0;
    }
    bool failed() const { return failed_; }

private:
    // A list's items have at least a byte each: a length beyond what is left is nonsense.
    std::uint64_t length() {
        auto n = number();
        if (n > in_.size())
            failed_ = true;
        return failed_ ? 0 : n;
    }

    // A field that an older writer did not know is simply not there.
    bool atEnd() const { return in_.empty() || failed_; }

    // What is inside a field is there or the field is nonsense.
    template <typename T> void takeInner(T& value) {
        if (in_.empty())
            failed_ = true;
        else
            take(value);
    }

    template <std::unsigned_integral T> void take(T& n) {
        if (!atEnd())
            n = narrow<T>(number());
    }
    template <std::signed_integral T> void take(T& n) {
        if (atEnd())
            return;
        auto raw = number();
        auto wide = std::int64_t(raw >> 1) ^ -std::int64_t(raw & 1);
        if (std::int64_t(T(wide)) != wide)
            failed_ = true;
        n = T(wide);
    }
    template <typename T> requires std::is_enum_v<T> void take(T& e) {
        if (atEnd())
            return;
        auto n = number();
        if (n > std::uint64_t(last(T{})))
            failed_ = true;
        else
            e = T(n);
    }
    template <std::unsigned_integral T> T narrow(std::uint64_t n) {
        if (std::uint64_t(T(n)) != n)
            failed_ = true;
        return T(n);
    }
    void take(double& d) {
        if (!atEnd())
            d = std::bit_cast<double>(number());
    }
    void take(std::string& s) {
        if (atEnd())
            return;
        auto n = length();
        s.assign(in_.substr(0, n));
        in_.remove_prefix(n);
    }
    template <typename T> void take(std::vector<T>& values) {
        if (atEnd())
            return;
        for (std::uint64_t n = length(); n > 0 && !failed_; --n)
            takeInner(values.emplace_back());
    }
    template <typename K, typename V> void take(std::map<K, V>& values) {
        if (atEnd())
            return;
        for (std::uint64_t n = length(); n > 0 && !failed_; --n) {
            K key;
            V value;
            takeInner(key);
            takeInner(value);
            values.insert_or_assign(std::move(key), std::move(value));
        }
    }
    template <typename... T> void take(std::variant<T...>& value) {
        if (!atEnd())
            alternative(value, number());
    }
    template <std::size_t I = 0, typename... T> void alternative(std::variant<T...>& value, std::uint64_t index) {
        if constexpr (I < sizeof...(T)) {
            if (index != I)
                return alternative<I + 1>(value, index);
            std::variant_alternative_t<I, std::variant<T...>> v{};
            takeInner(v);
            value = std::move(v);
        } else {
            failed_ = true;
        }
    }

    std::string_view in_;
    bool failed_ = false;
};

} // namespace luod::core::wire
