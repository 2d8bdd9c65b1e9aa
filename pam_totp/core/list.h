// SPDX-License-Identifier: Apache-2.0
// Bounded containers without a heap: List<T, N> and Text<N>.
#pragma once
#include "bytes.h"

namespace totp {

/// At most N values of T, in place. `push` says false when it is full and changes nothing.
template <typename T, size_t N> class List {
  public:
    /// The new last element, made by default, or nullptr when the list is full.
    T* grow() { return size_ < N ? &items_[size_++] : nullptr; }
    bool push(const T& item) {
        T* place = grow();
        if (place) *place = item;
        return place != nullptr;
    }
    void clear() { size_ = 0; } ///< what was there is overwritten by what comes, or with the list
    size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    static constexpr size_t capacity() { return N; }
    T& operator[](size_t i) { return items_[i]; }
    const T& operator[](size_t i) const { return items_[i]; }
    T* begin() { return items_.data(); }
    T* end() { return items_.data() + size_; }
    const T* begin() const { return items_.data(); }
    const T* end() const { return items_.data() + size_; }

  private:
    std::array<T, N> items_{};
    size_t size_ = 0;
};

/// At most N characters. What does not fit is cut off and `cut()` says so from then on.
template <size_t N> class Text {
  public:
    Text() = default;
    explicit Text(string_view text) { add(text); }
    Text& add(string_view text) {
        for (char c : text) add(c);
        return *this;
    }
    Text& add(char c) {
        if (size_ < N) {
            chars_[size_++] = c;
        } else {
            cut_ = true;
        }
        return *this;
    }
    string_view view() const { return {chars_.data(), size_}; }
    const char* c_str() const { return chars_.data(); } ///< always ends in NUL
    size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    bool cut() const { return cut_; }
    bool operator==(string_view other) const { return view() == other; }

  private:
    std::array<char, N + 1> chars_{};
    size_t size_ = 0;
    bool cut_ = false;
};

} // namespace totp
