// SPDX-License-Identifier: Apache-2.0
// Journals as many writers, crashes and hostile callers leave them: a fold that begins anywhere comes to what all
// entries come to, and no code that was accepted is accepted again.
#include "operations.h"

using namespace totp;
using fuzz::chosen_entry, fuzz::Promises;

namespace {

struct World {
    std::vector<u8> bytes;
    State model;           ///< of all entries, one judged after the other
    Promises promises;
    u64 flushed = 0;       ///< what a crash cannot take
    u64 since_crash = 0;   ///< no writer has seen less than this
    bool lossy = false;    ///< an entry that others have seen is gone: the model does not know what they know
    Fold refuses = Fold::done; ///< an entry of another key or version is in it
    Folded newest;

    explicit World(u64 time) {
        Entry first;
        first.kind = Kind::rotate;
        first.next = 77;
        first.time = time;
        append(first, {}, true);
    }
    u64 size() const { return bytes.size(); }

    Folded fold_before(u64 end) const {
        auto [result, folded] = given::fold_of({Bytes(bytes).first(end), 0});
        MUST(result == refuses);
        return folded;
    }
    void put(Bytes more) { bytes.insert(bytes.end(), more.begin(), more.end()); }

    /// One attempt; without `told` its writer died, or its flush failed, before it spoke.
    void append(Entry entry, const Folded& known, bool told) {
        u64 at = size();
        entry.key = given::key_id;
        entry.base = known.base;
        entry.seen = known.state;
        State before = at ? fold_before(at).state : State{};
        put(given::bytes_of_entry(entry));
        if (refuses != Fold::done) return; // its writer cannot fold, and says nothing
        Verdict verdict = judge(before, entry), modelled = judge(model, entry);
        MUST(lossy || (verdict == modelled && before == model));
        // A change counts once its entry stands, told or not: the next fold finds it.
        if (told || entry.kind == Kind::rotate) flushed = size(), promises.note(entry, verdict);
    }
};

/// What a writer has folded that looked when the last bytes were not there yet.
Folded seen_by_one_behind(FuzzedDataProvider& input, World& w) {
    u64 most = w.size() - std::max<u64>(w.since_crash, entry_size);
    u64 behind = std::min<u64>(input.ConsumeBool() ? input.ConsumeIntegral<u8>() : input.ConsumeIntegral<u16>(), most);
    if (w.refuses != Fold::done) return w.newest;
    return w.newest = w.fold_before(w.size() - behind);
}

/// Power is lost: what was not flushed is there or zero, a sector at a time, and may be missing at the end.
void crash(FuzzedDataProvider& input, World& w) {
    auto lost = input.ConsumeIntegral<u32>();
    for (u64 at = w.flushed; at < w.size(); at = (at & ~511ull) + 512, lost = lost >> 1 | lost << 31) {
        if (!(lost & 1)) continue;
        u64 end = std::min<u64>((at & ~511ull) + 512, w.size());
        std::fill(w.bytes.begin() + long(at), w.bytes.begin() + long(end), 0);
        w.lossy = true;
    }
    w.bytes.resize(w.size() - std::min<u64>(input.ConsumeIntegral<u16>(), w.size() - w.flushed));
    w.lossy = true;
    w.since_crash = w.size();
}

/// What this program must refuse: the same entry under another version, or of a key that it does not have.
void put_strange(World& w, bool newer) {
    Entry entry;
    entry.key = given::key_id;
    EntryBytes bytes = given::bytes_of_entry(entry);
    if (newer) {
        bytes[3] = '2';
        given::sign(bytes, given::host().newest(), given::account());
    } else {
        bytes[8] ^= 1, bytes[240] ^= 1;
    }
    w.newest = w.fold_before(w.size());
    w.put(bytes);
    w.flushed = w.size();
    w.refuses = newer ? Fold::newer : Fold::foreign;
}

void put_void(FuzzedDataProvider& input, World& w) {
    Entry entry = chosen_entry(input, w.model, given::noon);
    entry.key = given::key_id;
    EntryBytes torn = given::bytes_of_entry(entry);
    size_t count = input.ConsumeBool() ? input.ConsumeIntegral<u8>() : input.ConsumeIntegralInRange<size_t>(0, 20000);
    std::vector<u8> bytes(count, input.ConsumeIntegral<u8>());
    for (size_t i = 0; i < std::min<size_t>(count, 240); ++i) bytes[i] = torn[i]; // the head of an entry
    w.put(bytes);
}

void step(FuzzedDataProvider& input, World& w, u64 time) {
    switch (input.ConsumeIntegralInRange<int>(0, 9)) {
    case 0: put_void(input, w); break;
    case 1: crash(input, w); break;
    case 2:
        for (int i = input.ConsumeIntegralInRange<int>(1, 70); i > 0 && w.refuses == Fold::done; --i) {
            Entry wrong;
            wrong.form = Form::two_codes;
            wrong.credential = w.model.credential;
            w.append(wrong, w.fold_before(w.size()), false);
        }
        break;
    case 3:
        if (w.refuses == Fold::done && input.ConsumeIntegral<u8>() > 250) put_strange(w, input.ConsumeBool());
        break;
    default: {
        Folded known = seen_by_one_behind(input, w);
        w.append(chosen_entry(input, known.state, time), known, input.ConsumeBool());
    }
    }
}

/// Every beginning gives the same, or asks for more.
void check_beginnings(const World& w, size_t stride) {
    Folded whole = w.fold_before(w.size());
    if (w.refuses == Fold::done) {
        w.promises.check(whole.state);
        MUST(w.lossy || whole.state == w.model);
    }
    for (u64 low = w.size(); low > 0; low -= std::min<u64>(low, stride)) {
        Tail tail{Bytes(w.bytes).subspan(low), low};
        auto [result, folded] = given::fold_of(tail);
        MUST(result == w.refuses || result == Fold::read_more);
        MUST(result != Fold::done || (folded.state == whole.state && folded.base == whole.base));
    }
}
} // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    FuzzedDataProvider input(data, size);
    World world(given::noon);
    auto odd = input.ConsumeIntegral<u8>();
    u64 time = given::noon;
    for (int steps = 0; steps < 40 && input.remaining_bytes() > 0 && world.size() < 100'000; ++steps) {
        time += input.ConsumeIntegralInRange<u64>(0, 3) * 500;
        step(input, world, time);
    }
    check_beginnings(world, world.size() / 40 + odd + 1);
    return 0;
}
