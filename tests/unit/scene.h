// SPDX-License-Identifier: Apache-2.0
// A store that is the same at the beginning of each case, and what is done to the record in it.
#pragma once
#include "../pam/bed.h"
#include <dirent.h>
#include <map>

namespace bed {

inline std::string contents(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// Where an operation finds the same files each time, whatever it left the time before.
struct Scene : Bed {
    std::map<std::string, std::string> kept;

    std::vector<std::string> names() const {
        std::vector<std::string> found;
        DIR* list = opendir(store.c_str());
        while (const dirent* entry = list ? readdir(list) : nullptr) {
            if (string_view(entry->d_name) != "." && string_view(entry->d_name) != "..") found.push_back(entry->d_name);
        }
        if (list) closedir(list);
        return found;
    }
    void keep() {
        for (const std::string& name : names()) kept[name] = contents(store + "/" + name);
    }
    void restore() {
        for (const std::string& name : names()) {
            if (!kept.contains(name)) unlink((store + "/" + name).c_str());
        }
        for (const auto& [name, text] : kept) {
            std::ofstream(store + "/" + name, std::ios::binary) << text;
            chmod((store + "/" + name).c_str(), 0600);
        }
        record.journal.fd.close();
    }
    size_t records() const {
        size_t count = 0;
        for (const std::string& name : names()) count += name[0] != '.';
        return count;
    }
    Error open() {
        record.journal.fd.close();
        return open_record(host, record);
    }
};

struct Result {
    Error error = Error::io;
    Verdict verdict = Verdict::none;
};

inline Result use_code(const Host& host, Record& record, u32 counter) {
    Entry entry;
    entry.kind = Kind::right;
    entry.form = Form::one_code;
    entry.credential = record.state().credential;
    entry.spent[0] = counter;
    entry.time = 1000000;
    Result result;
    State after;
    result.error = append(host, record.account, record.journal, entry, result.verdict, after);
    return result;
}
inline Result use_code(Scene& s, u32 counter) { return use_code(s.host, s.record, counter); }

inline Result open_and_use_code(Scene& s, u32 counter) {
    Result result{s.open()};
    return result.error == Error::none ? use_code(s, counter) : result;
}

/// Puts the token in force, or nothing.
inline Result change(Scene& s, bool removes) {
    Error opened = s.open();
    if (opened != Error::none && (opened != Error::no_record || removes)) return {opened};
    Credential next;
    next.tokens.grow()->copy_from(s.token);
    return {rotate(s.host, s.record, removes ? nullptr : &next, {})};
}

} // namespace bed
