// SPDX-License-Identifier: Apache-2.0
#include "change.h"
#include "core/words.h"
#include "pam_text.h"
#include <algorithm>
#include <openssl/evp.h>
#include <sstream>

namespace totp::host {
namespace {
const std::string title = "# What pam-totp undoes unless it is told to keep it: see pam-totp undo and pam-totp keep.";

constexpr string_view version_line = "version 1";

bool is_digest(const std::string& word) {
    return word == "-" || (word.size() == 64 && word.find_first_not_of("0123456789abcdef") == std::string::npos);
}

bool is_number(const std::string& word) {
    return !word.empty() && word.size() < 19 && word.find_first_not_of("0123456789") == std::string::npos;
}

bool read_file_note(std::istringstream& words, Note& note) {
    FileNote file;
    words >> file.before >> file.after >> file.path;
    note.files.push_back(file);
    return is_digest(file.before) && is_digest(file.after) && file.path.starts_with("/");
}

bool read_line(const std::string& line, Note& note) {
    std::istringstream words(line);
    std::string name, value, more;
    words >> name;
    if (name == "file") return read_file_note(words, note) && !(words >> more);
    words >> value;
    if (value.empty() || words >> more) return false;
    if (name == "service") note.service = value;
    else if (name == "boot") note.boot = value;
    else if (name == "made" && is_number(value)) note.made = value;
    else if (name == "deadline" && is_number(value)) note.deadline = std::stoull(value);
    else return false;
    return true;
}
} // namespace

std::string digest(const std::optional<std::string>& text) {
    if (!text) return "-";
    unsigned char sum[32] = {};
    unsigned size = sizeof sum;
    if (EVP_Digest(text->data(), text->size(), sum, &size, EVP_sha256(), nullptr) != 1) return "";
    std::string out;
    for (unsigned char byte : sum) {
        for (int shift : {4, 0}) out += "0123456789abcdef"[byte >> shift & 15];
    }
    return out;
}

std::string note_text(const Note& note) {
    std::string out = title + "\n" + std::string(version_line) + "\nservice " + note.service + "\nmade " + note.made + "\ndeadline " +
                      std::to_string(note.deadline) + "\nboot " + note.boot + "\n";
    for (const FileNote& file : note.files) out += "file " + file.before + " " + file.after + " " + file.path + "\n";
    return out;
}

bool read_note(const std::string& text, Note& note) {
    note = {};
    if (!text.ends_with('\n')) return false;
    for (const std::string& line : lines_of(text)) {
        if (!line.starts_with('#') && line != version_line && !read_line(line, note)) return false;
    }
    return !note.service.empty() && !note.boot.empty() && !note.made.empty() && !note.files.empty();
}

bool is_note_of_another_version(const std::string& text) {
    std::vector<std::string> lines = lines_of(text);
    return std::any_of(lines.begin(), lines.end(), [](const std::string& line) { return is_other_version(line, version_line); });
}

std::string kept_name(const std::string& path) { return path + ".before-pam-totp"; }
std::string draft_name(const std::string& path) { return path + ".new-pam-totp"; }

} // namespace totp::host
