// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <cstddef>
#include <gsl/assert>
#include <string_view>

namespace ovl::detail {

/// Text of at most `capacity` bytes, NUL-terminated, on the stack. What does not fit is dropped
/// whole and remembered: `overflowed()` then says so, and the text must not be used.
template <std::size_t capacity>
class bounded_text {
  public:
    constexpr bounded_text() noexcept = default;
    constexpr bounded_text(std::string_view text) noexcept { append(text); }
    constexpr bounded_text(const char* text) noexcept { append(text); }

    constexpr bounded_text& append(std::string_view text) noexcept {
        if (text.size() > capacity - size_) {
            overflowed_ = true;
            return *this;
        }
        std::char_traits<char>::copy(bytes_ + size_, text.data(), text.size());
        size_ += text.size();
        bytes_[size_] = '\0';
        return *this;
    }

    constexpr bounded_text& append(char c) noexcept { return append(std::string_view{&c, 1}); }

    /// Appends a non-negative number in decimal.
    constexpr bounded_text& append_number(unsigned long number) noexcept {
        char digits[20];
        std::size_t first = sizeof digits;
        do {
            digits[--first] = static_cast<char>('0' + number % 10);
            number /= 10;
        } while (number != 0);
        return append(std::string_view{digits + first, sizeof digits - first});
    }

    [[nodiscard]] constexpr bool overflowed() const noexcept { return overflowed_; }
    [[nodiscard]] constexpr std::size_t size() const noexcept { return size_; }
    [[nodiscard]] constexpr const char* c_str() const noexcept { return bytes_; }
    [[nodiscard]] constexpr std::string_view view() const noexcept { return {bytes_, size_}; }

  private:
    char bytes_[capacity + 1] = {};
    std::size_t size_ = 0;
    bool overflowed_ = false;
};

} // namespace ovl::detail
