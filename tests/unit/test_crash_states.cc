// SPDX-License-Identifier: Apache-2.0
// Every state in which a crash of the machine can leave a journal. Attempts run through the store's own code; the
// calls by which it reaches the disk are noted here, and from what was and was not flushed every image of the disk
// is made: each 512-byte sector lost, landed or torn, the size kept or lost, freed blocks back or gone. On each one
// the journal opens, no acknowledged code is accepted again, and the next login works.
#include "../pam/bed.h"
#include <cerrno>
#include <functional>
#include <linux/falloc.h>
#include <random>
#include <sys/syscall.h>

using namespace bed;

namespace {

constexpr u64 sector = 512;
using Content = std::vector<u8>;

/// The journal on its way to the disk.
struct Disk {
    bool on = false;
    Content content;            ///< as the page cache has it, but for what was freed
    u64 flushed = 0;            ///< the size at the last flush: what stands before it is on the disk
    u64 freed = 0;              ///< everything before it, for certain
    std::vector<u64> freeing;   ///< perhaps
    std::function<bool()> flush; ///< false: the process is killed there

    void flush_all() {
        flushed = content.size();
        for (u64 end : freeing) freed = std::max(freed, end);
        freeing.clear();
    }
} disk;
} // namespace

// The store's calls end here.
extern "C" ssize_t write(int fd, const void* bytes, size_t size) {
    ssize_t put = syscall(SYS_write, fd, bytes, size);
    auto from = static_cast<const u8*>(bytes);
    if (disk.on && put > 0) disk.content.insert(disk.content.end(), from, from + put);
    return put;
}

extern "C" int fdatasync(int) {
    if (!disk.on) return 0;
    if (disk.flush()) return disk.flush_all(), 0;
    return errno = EIO, -1;
}

extern "C" int fallocate(int fd, int mode, off_t at, off_t size) {
    if (!(mode & FALLOC_FL_PUNCH_HOLE)) return 0; // nothing that can be seen in what the file holds
    if (disk.on) disk.freeing.push_back(u64(at + size));
    return int(syscall(SYS_fallocate, fd, mode, at, size));
}

namespace {

enum class What { code, same_code, wrong, backup, change };
enum class Flush { at_once, after_the_next, never };

/// One attempt of a sequence.
struct Attempt {
    What what;
    Flush flush;
    bool late; ///< computed from what was read before the sequence began
};

Attempt attempt_of(unsigned number) {
    return {What(number % 5), Flush(number / 5 % 3), number / 15 % 2 != 0};
}
constexpr unsigned kinds = 15, kinds_with_late = 30;

struct Tally {
    long sequences = 0, images = 0, freed = 0;
    long unusable = 0, again = 0, lost = 0, shut = 0;
};

/// A sequence of attempts on a journal that begins as `base`, and the crash after it.
class Sequence {
  public:
    Sequence(Bed& b, const Content& base, Tally& tally) : bed_(b), base_(base), tally_(tally) {}

    void run(std::vector<Attempt> attempts) {
        make_all(std::move(attempts));
        crash();
    }

    /// Nothing that was not flushed is on the disk afterwards, but for what was freed.
    void run_and_lose(std::vector<Attempt> attempts) {
        make_all(std::move(attempts));
        look_at_images(disk.content, disk.flushed);
        close(file_);
    }

  private:
    void make_all(std::vector<Attempt> attempts) {
        attempts_ = std::move(attempts);
        ++tally_.sequences;
        begin();
        next_ = 0;
        while (next_ < attempts_.size()) make(next_++);
        disk.on = false;
        tally_.freed += !disk.freeing.empty() || disk.freed > 0;
    }

    void put(const Content& content, u64 size) {
        (void)!ftruncate(file_, 0);
        (void)!pwrite(file_, content.data(), size, 0);
    }

    Journal open() {
        Journal journal;
        if (open_journal(bed_.host, bed_.record.account, journal) != Error::none) abort();
        return journal;
    }

    void begin() {
        disk = {};
        disk.content = base_;
        disk.flushed = base_.size();
        file_ = ::open(bed_.journal().c_str(), O_RDWR | O_CLOEXEC);
        put(base_, base_.size());
        before_ = open().folded;
        counter_ = acked_ = before_.state.last[0];
        credentials_ = {before_.state.credential};
        backup_ = false;
        disk.on = true;
    }

    Entry entry_of(const Attempt& attempt, const State& seen, size_t number) {
        Entry entry;
        entry.credential = seen.credential;
        entry.time = 1000000 + 1000 * number;
        entry.form = Form::two_codes; // no throttle between
        entry.remember = {1 + number % 3, u32(entry.time + 100 * number)};
        if (attempt.what == What::code) ++(++counter_);
        if (attempt.what == What::code || attempt.what == What::same_code) {
            entry.kind = Kind::right;
            entry.form = Form::one_code;
            entry.spent[0] = counter_;
        } else if (attempt.what == What::backup) {
            entry.kind = Kind::backup;
            entry.form = Form::backup_code;
            entry.backup_index = 0;
        } else if (attempt.what == What::change) {
            entry.kind = Kind::rotate;
            entry.next = 100 + number;
            entry.continues[0] = 0;
        }
        return entry;
    }

    /// One attempt; the next one may run inside, between its append and its flush.
    void make(size_t number) {
        const Attempt& attempt = attempts_[number];
        Journal journal = open();
        if (attempt.late) journal.folded = before_;
        Entry entry = entry_of(attempt, journal.folded.state, number);
        disk.flush = [this, number] { return flush(number); };
        Verdict verdict = Verdict::none;
        State after;
        Error error = append(bed_.host, bed_.record.account, journal, entry, verdict, after);
        if (entry.kind == Kind::rotate) credentials_.push_back(entry.next); // perhaps in force
        if (error != Error::none) return;
        if (verdict == Verdict::accepted && entry.kind == Kind::right) acked_ = std::max(acked_, entry.spent[0]);
        if (verdict == Verdict::accepted_backup) backup_ = true;
        if (verdict == Verdict::accepted && entry.kind == Kind::rotate) changed_ = entry.next;
    }

    bool flush(size_t number) {
        if (attempts_[number].flush == Flush::at_once) return true;
        if (attempts_[number].flush == Flush::never || next_ == attempts_.size()) return false;
        make(next_++);
        return true;
    }

    /// What the sector that begins at `at` can hold: what was flushed, and each later append, whole or torn.
    std::vector<Content> versions_of(u64 at) const {
        Content now(sector, 0);
        const Content& all = disk.content;
        if (disk.flushed > at) memcpy(now.data(), all.data() + at, std::min(sector, disk.flushed - at));
        std::vector<Content> versions{now};
        for (u64 entry = at; entry < at + sector && entry < all.size(); entry += entry_size) {
            if (entry < disk.flushed) continue;
            memcpy(now.data() + (entry - at), all.data() + entry, 120 + (tally_.sequences % 2) * 130);
            versions.push_back(now);
            memcpy(now.data() + (entry - at), all.data() + entry, entry_size);
            versions.push_back(now);
        }
        return versions;
    }

    void crash() {
        u64 first = disk.flushed / sector * sector;
        std::vector<std::vector<Content>> sectors;
        for (u64 at = first; at < disk.content.size(); at += sector) sectors.push_back(versions_of(at));
        std::vector<size_t> chosen(sectors.size(), 0);
        Content image = disk.content;
        image.resize(first + sectors.size() * sector);
        for (bool more = true; more;) {
            for (size_t i = 0; i < sectors.size(); ++i) {
                memcpy(image.data() + first + i * sector, sectors[i][chosen[i]].data(), sector);
            }
            for (u64 size = disk.flushed; size <= disk.content.size(); size += entry_size) look_at_images(image, size);
            more = false;
            for (size_t i = 0; i < chosen.size() && !more; ++i) {
                more = ++chosen[i] < sectors[i].size();
                if (!more) chosen[i] = 0;
            }
        }
        close(file_);
    }

    /// With what was freed freed, and not.
    void look_at_images(const Content& image, u64 size) {
        std::vector<u64> ends{disk.freed};
        ends.insert(ends.end(), disk.freeing.begin(), disk.freeing.end());
        for (u64 end : ends) {
            Content freed = image;
            std::fill_n(freed.begin(), end, u8(0));
            put(freed, size);
            ++tally_.images;
            look();
        }
    }

    bool accepts(u32 counter) {
        Journal journal;
        if (open_journal(bed_.host, bed_.record.account, journal) != Error::none) return false;
        Entry entry = entry_of({What::same_code, Flush::at_once, false}, journal.folded.state, 5000);
        entry.spent[0] = counter;
        Verdict verdict = Verdict::none;
        State after;
        Error error = append(bed_.host, bed_.record.account, journal, entry, verdict, after);
        return error == Error::none && verdict == Verdict::accepted;
    }

    void look() {
        Journal journal;
        if (open_journal(bed_.host, bed_.record.account, journal) != Error::none) {
            ++tally_.unusable;
            return;
        }
        const State& state = journal.folded.state;
        bool known = std::find(credentials_.begin(), credentials_.end(), state.credential) != credentials_.end();
        tally_.lost += !known || (changed_ && state.credential == before_.state.credential);
        tally_.again += state.last[0] < acked_ || (backup_ && !(state.used & 1)) || accepts(acked_);
        tally_.shut += !accepts(counter_ + 1);
        tally_.again += accepts(counter_ + 1);
    }

    Bed& bed_;
    const Content& base_;
    Tally& tally_;
    std::vector<Attempt> attempts_;
    size_t next_ = 0;
    int file_ = -1;
    Folded before_;
    u32 counter_ = 0, acked_ = 0; ///< + 1, as the state has it
    u64 changed_ = 0;
    std::vector<u64> credentials_;
    bool backup_ = false;
};

/// A journal of some logins, so long that it ends in `end`.
Content base_of(Bed& b, u64 end) {
    u32 counter = 0;
    for (Journal journal;;) {
        if (open_journal(b.host, b.record.account, journal) != Error::none) abort();
        if (u64(lseek(journal.fd.get(), 0, SEEK_END)) >= end) break;
        Entry entry;
        entry.kind = Kind::right;
        entry.form = Form::one_code;
        entry.credential = journal.folded.state.credential;
        entry.spent[0] = ++(++counter);
        entry.time = 1000;
        Verdict verdict;
        State after;
        if (append(b.host, b.record.account, journal, entry, verdict, after) != Error::none) abort();
    }
    std::ifstream file(b.journal(), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void run_all(Bed& b, const Content& base, Tally& tally, size_t length, unsigned of_kinds) {
    u64 count = 1;
    for (size_t i = 0; i < length; ++i) count *= of_kinds;
    for (u64 number = 0; number < count; ++number) {
        std::vector<Attempt> attempts;
        for (u64 rest = number; attempts.size() < length; rest /= of_kinds) {
            attempts.push_back(attempt_of(unsigned(rest % of_kinds)));
        }
        Sequence(b, base, tally).run(attempts);
    }
}

void run_some(Bed& b, const Content& base, Tally& tally, size_t length, int count) {
    std::mt19937 chance(5);
    for (int i = 0; i < count; ++i) {
        std::vector<Attempt> attempts;
        while (attempts.size() < length) attempts.push_back(attempt_of(unsigned(chance() % kinds_with_late)));
        Sequence(b, base, tally).run(attempts);
    }
}

bool all_of_six = false; ///< the first argument of the program is `all`

void judge_tally(const char* which, const Tally& t) {
    printf("%s: %ld sequences, %ld images, %ld with freed blocks\n", which, t.sequences, t.images, t.freed);
    assert_int_equal(t.unusable, 0);
    assert_int_equal(t.again, 0);
    assert_int_equal(t.lost, 0);
    assert_int_equal(t.shut, 0);
}

/// One base whose third append crosses into a new block, so that the beginning is freed; one that is short.
void keeps_every_code_spent_in_every_state_a_crash_can_leave(void**) {
    for (u64 end : {u64(1024), u64(10 * 4096 - 2 * entry_size)}) {
        Bed b(access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
        b.enrol();
        Content base = base_of(b, end);
        Tally tally;
        for (size_t length = 1; length <= 3; ++length) run_all(b, base, tally, length, kinds);
        run_all(b, base, tally, 2, kinds_with_late);
        run_some(b, base, tally, 6, all_of_six ? 100000 : 3000);
        if (all_of_six) {
            for (size_t length = 4; length <= 6; ++length) run_all(b, base, tally, length, kinds);
        }
        if (end > 2 * fold_window) assert_true(tally.freed > 0);
        judge_tally(end > 2 * fold_window ? "a long journal" : "a short journal", tally);
    }
}

/// What many killed logins appended may never reach the disk: by it nothing may be freed.
void keeps_what_a_fold_needs_when_many_appends_are_lost(void**) {
    Bed b(access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    b.enrol();
    Content base = base_of(b, 10 * 4096);
    Tally tally;
    for (size_t killed : {15u, 111u, 159u, 303u}) { // the next one fills a block, and frees
        std::vector<Attempt> attempts(killed, {What::wrong, Flush::never, false});
        Sequence(b, base, tally).run_and_lose(attempts);
        attempts.push_back({What::code, Flush::at_once, false});
        Sequence(b, base, tally).run_and_lose(attempts);
    }
    assert_int_equal(tally.freed, 4);
    judge_tally("many lost", tally);
}
} // namespace

int main(int argc, char** argv) {
    all_of_six = argc > 1 && std::string(argv[1]) == "all";
    const CMUnitTest tests[] = {
        cmocka_unit_test(keeps_every_code_spent_in_every_state_a_crash_can_leave),
        cmocka_unit_test(keeps_what_a_fold_needs_when_many_appends_are_lost),
    };
    return cmocka_run_group_tests_name("crash_states", tests, nullptr, nullptr);
}
