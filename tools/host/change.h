// SPDX-License-Identifier: Apache-2.0
// A change of the host's files that can be undone at any moment, by one rename or unlink a file, which needs no free
// block: the original stays beside the file until the change is kept.
//
// What must hold:
//  1. The note is on the disk before the first file is touched, and goes after the last one is back: a kill at any
//     moment leaves nothing, or what undo puts right.
//  2. A file is put back only while it is byte for byte what was written; a person's own edits stay. Of an edited file
//     what was written there goes, where that can be told from the edits.
//  3. Nothing but the note says that there is something to undo.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace totp::host {

/// One file: nothing for one that is not there, or is not to be.
struct FileChange {
    std::string path;
    std::optional<std::string> before, after;
};

/// What the note knows of a file: SHA-256 in hexadecimal, or `-` for none.
struct FileNote {
    std::string path, before, after;
};

struct Note {
    std::string service;
    std::string made;         ///< seconds since 1970, when it was written
    std::uint64_t deadline = 0; ///< seconds since the machine started, as this boot counts them
    std::string boot;         ///< which one that is
    std::vector<FileNote> files;
};

std::string note_text(const Note& note);
/// False for anything but what note_text writes.
bool read_note(const std::string& text, Note& note);
bool is_note_of_another_version(const std::string& text);
std::string digest(const std::optional<std::string>& text);

/// Where the original is kept, and the new file until it takes its place: names that no service has.
std::string kept_name(const std::string& path);
std::string draft_name(const std::string& path);

/// What there is; nothing when there is no file. Throws Stop when it cannot be read.
std::optional<std::string> read_file(const std::string& path);

/// On the disk when it returns. Throw Stop when it cannot be.
void write_safely(const std::string& path, const std::string& text);
void flush_folder(const std::string& path); ///< the one that the path is in

/// What an edited file is without the change; nothing where nobody can tell.
using Mend = std::function<std::optional<std::string>(const std::string& path, const std::string& edited)>;

/// What is to be done as soon as a file is another one.
using Changed = std::function<void(const std::string& path)>;

/// The note on the disk, held so that nobody else keeps or undoes it meanwhile.
class Pending {
  public:
    Pending() = default;
    ~Pending();
    Pending(const Pending&) = delete;
    Pending& operator=(const Pending&) = delete;
    /// False when there is none. Throws Stop when it cannot be read.
    bool open();
    const Note& note() const { return note_; }
    /// From now on nothing is undone.
    void keep();
    /// Puts back what is still as it was written, the last one first; gives the files that stay, since they are not.
    /// With a stack stay sshd's settings: where it asks for a code alone, they ask for the key. Throws Stop when a
    /// file cannot be put back: the note stays, for another try.
    std::vector<std::string> undo(const Mend& mend, const Changed& changed);

  private:
    int fd_ = -1;
    Note note_;
};

/// Writes the note; Stop when there is one already. The files are untouched by then.
void write_note(const Note& note);
/// What a kill of write_note can leave: nothing that counts.
void forget_draft();
/// Makes the change, file by file, in their order. Throws Stop when a file cannot be written.
void apply(const std::vector<FileChange>& files, const Changed& changed);

std::string boot_id();
std::uint64_t seconds_since_boot();

} // namespace totp::host
