// SPDX-License-Identifier: Apache-2.0
// How text formats are written and read straight through and judged once: the errors of Writer and Words stick.
#pragma once
#include "bytes.h"

namespace totp {

/// Appends to a fixed room. What does not fit is dropped and `ok()` is false from then on.
class Writer {
  public:
    explicit Writer(std::span<char> room) : room_(room) {}
    Writer& add(string_view text);
    Writer& add(char c) { return add(string_view(&c, 1)); }
    Writer& number(u64 value);
    Writer& number(i64 value);
    Writer& hex(Bytes bytes);
    Writer& id(u64 value); ///< 16 hexadecimal digits
    /// As it stands where a byte is in `[A-Za-z0-9._:@/-]`, else as %XX.
    Writer& escaped(string_view text);
    string_view view() const { return {room_.data(), used_}; }
    bool ok() const { return ok_; }

  private:
    std::span<char> room_;
    size_t used_ = 0;
    bool ok_ = true;
};

/// Reads one line of `word name=value …`. After the first thing that does not fit every answer is empty or 0,
/// and `done()` is false.
class Words {
  public:
    explicit Words(string_view line) : rest_(line) {}
    string_view word();                                    ///< the next word, up to a blank
    string_view value(string_view name);                   ///< the next word must be `name=value`
    u64 number(string_view name, u64 least, u64 most);     ///< decimal
    i64 signed_number(string_view name, i64 least, i64 most);
    u64 id(string_view name);                              ///< 16 hexadecimal digits
    void hex(string_view name, Room room);                 ///< exactly as many digits as fill `room`
    void fail() { ok_ = false; }
    bool ok() const { return ok_; }
    bool empty() const { return rest_.empty(); }
    bool done() const { return ok_ && rest_.empty(); }     ///< all read, all of it fitted

  private:
    string_view rest_;
    bool ok_ = true;
};

/// The next line of `text`, without its newline; `text` goes on behind it.
string_view next_line(string_view& text);
/// All of `text` as a decimal number, or false.
bool read_number(string_view text, u64& value);
/// Seconds, or a number with s, m, h or d; 1 second to 31 days.
bool read_duration(string_view text, u32& seconds);
/// All of `text` as 2 × room.size() hexadecimal digits, or false.
bool read_hex(string_view text, Room room);
/// Whether a word that names a format and its version, such as `known`, names another version of the same format.
bool is_other_version(string_view word, string_view known);
/// 16 hexadecimal digits.
bool read_id(string_view text, u64& value);
/// Undoes Writer::escaped into `room`; `size` is what was written. False on a bad escape or too little room.
bool unescape(string_view text, std::span<char> room, size_t& size);
/// A letter or digit of ASCII, whatever the locale.
constexpr bool is_alnum(char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

} // namespace totp
