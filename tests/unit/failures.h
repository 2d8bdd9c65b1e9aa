// SPDX-License-Identifier: Apache-2.0
// An operation is run once undisturbed, and then once for each call that it made and each way in which that can
// fail. What that comes to is held against what it must come to.
#pragma once
#include "calls.h"
#include "scene.h"

namespace bed {

/// One operation, and what must be true of the store after it: when it succeeded, and when it failed.
struct Operation {
    Result (*run)(Scene&);
    bool (*holds)(Scene&);
    bool (*goes_on)(Scene&);              ///< what was there is there, and the next one works
    std::vector<std::string> spared = {}; ///< calls that may fail without harm
    void (*restore)(Scene&) = [](Scene& s) { s.restore(); };
};

/// The calls of an operation, and how many of the cases came to what they must not.
struct Cases {
    int bad = 0;
    std::vector<std::string> made;
    bool made_one(const std::string& name) const { return std::find(made.begin(), made.end(), name) != made.end(); }
    bool all_well() const { return bad == 0 && made.size() > 5; }
};

inline bool is_crypto(const std::string& name) { return isupper(name[0]); }
inline bool transfers(const std::string& name) { return name == "read" || name == "write" || name == "pread"; }
inline bool is_one_of(const std::string& name, std::initializer_list<const char*> list) {
    return std::find(list.begin(), list.end(), name) != list.end();
}

inline std::vector<calls::Fault> faults_of(const std::string& name, size_t at) {
    if (is_crypto(name)) return {{at, EIO}};
    std::vector<calls::Fault> faults;
    for (int error : {EIO, ENOSPC, EDQUOT, ENOMEM, EACCES}) faults.push_back({at, error});
    if (is_one_of(name, {"openat", "opendir", "fcntl"})) faults.push_back({at, EMFILE});
    if (!transfers(name)) return faults;
    faults.push_back({at, EINTR});
    for (long count : {0L, 1L, 36L}) faults.push_back({at, 0, count});
    return faults;
}

enum class Must { refuse, succeed, either };

/// An entry's writer asks where it landed.
inline bool writes_entry(const Cases& cases, size_t at) {
    return cases.made[at] == "write" && at + 1 < cases.made.size() && cases.made[at + 1] == "lseek";
}

inline Must outcome_of(const Operation& o, const Cases& cases, const calls::Fault& f) {
    const std::string& name = cases.made[f.at];
    size_t flush = 0, named = SIZE_MAX;
    for (size_t i = 0; i < cases.made.size(); ++i) {
        if (cases.made[i] == "fdatasync") flush = i;
        if (cases.made[i] == "renameat2") named = i;
    }
    if (flush > 0 && f.at > flush) return Must::succeed; // it is decided
    if (flush == 0 && named != SIZE_MAX && f.at > named + 1) return Must::either; // set up, and looked at once more
    if (std::find(o.spared.begin(), o.spared.end(), name) != o.spared.end()) return Must::succeed;
    if (name == "read" && f.count == 0) return Must::either; // as the end of a file is said
    // Whole files are read and written until they are through, but an entry is written once.
    bool goes_on = name == "read" || (name == "write" && !writes_entry(cases, f.at));
    return goes_on && (f.error == EINTR || f.count > 0) ? Must::succeed : Must::refuse;
}

/// Whether an error says what happened: libcrypto's refusal as such, the system's with its errno.
inline bool is_told(Error error, int found, const Cases& cases, const calls::Fault& f) {
    const std::string& name = cases.made[f.at];
    if (is_crypto(name)) return error == Error::crypto;
    if (f.error == 0) return !writes_entry(cases, f.at) || error == Error::no_space;
    if (error != Error::io && error != Error::no_space) return true;
    bool space = f.error == ENOSPC || f.error == EDQUOT;
    bool changes = is_one_of(name, {"write", "fsync", "fdatasync", "renameat2"});
    return found == f.error && (!changes || (error == Error::no_space) == space);
}

/// Whether one case came to what it must.
inline bool fits(const Operation& o, Scene& s, const Cases& cases, const calls::Fault& f) {
    o.restore(s);
    errno = 0;
    Result result = calls::during(f, [&] { return o.run(s); });
    int found = errno;
    bool well = result.error == Error::none;
    Must must = outcome_of(o, cases, f);
    bool right = must == Must::either || (must == Must::succeed) == well;
    if (!well) right = right && result.verdict == Verdict::none && is_told(result.error, found, cases, f);
    right = right && (well ? o.holds(s) : o.goes_on(s));
    if (!right) {
        print_error("call %zu, %s, errno %d, count %ld: %s, errno %d\n", f.at, cases.made[f.at].c_str(), f.error, f.count,
                    std::string(word(result.error)).c_str(), found);
    }
    return right;
}

inline Cases every_case(Scene& s, const Operation& o) {
    s.keep();
    Cases cases;
    Result undisturbed = calls::during({}, [&] { return o.run(s); });
    cases.made = calls::made;
    cases.bad = undisturbed.error != Error::none || !o.holds(s);
    for (size_t at = 0; at < cases.made.size(); ++at) {
        for (const calls::Fault& f : faults_of(cases.made[at], at)) cases.bad += !fits(o, s, cases, f);
    }
    return cases;
}

} // namespace bed
