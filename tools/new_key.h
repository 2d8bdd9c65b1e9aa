// SPDX-License-Identifier: Apache-2.0
// The new key of a set-up: read from a file, or shown to a person as QR code, as text, as pictures.
#pragma once
#include "command.h"
#include "picture.h"

namespace totp {

/// The first line of the file (`-`: of standard input), in base32. Throws Stop when it is none.
void read_key_file(const std::string& path, Secret<most_key>& key);

/// The key that the helper made or took, its URI, and the files that it was written to.
class NewKey {
  public:
    /// Takes the helper's `key` line; false when it is none. Then what setup's options ask for.
    bool take(string_view line, const Arguments& arguments);
    void keep_pictures() { pictures_.keep(); }
    SecretText json_uri() const; ///< null without a key
    SecretText json_secret() const;

  private:
    void rewrite_uri(const Arguments& arguments);
    void write_pictures(const Arguments& arguments);
    void show(const Arguments& arguments) const;
    void show_text() const;

    Key key_;
    SecretText uri_;
    Pictures pictures_;
};

} // namespace totp
