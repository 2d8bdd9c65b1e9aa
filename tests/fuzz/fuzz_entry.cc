// SPDX-License-Identifier: Apache-2.0
// 256 bytes of a journal, as they are and then well signed: what is read as an entry is written back so that it
// reads the same, no entry of another account or without its tag is one, and it is judged without a surprise.
#include "../unit/journal.h"
#include "fuzz.h"

using namespace totp;

namespace {
void check_entry(const Entry& entry) {
    Entry again;
    EntryBytes bytes = given::bytes_of_entry(entry);
    MUST(read_entry(bytes, given::host(), given::account(), again) == Mark::entry && again == entry);
    MUST(read_entry(bytes, given::host(), given::account("alice", 1001), again) == Mark::nothing);
    MUST(read_entry(bytes, given::host(), given::account("bob", 1000), again) == Mark::nothing);
    MUST(entry.kind >= Kind::right && entry.kind <= Kind::reseal && entry.bucket.refill > 0);
}

/// From the state in the entry: a code that it spends stays spent, and is not accepted by the same entry again.
void check_judged(const Entry& entry) {
    State state = entry.seen, before = state;
    Verdict verdict = judge(state, entry);
    if (verdict == Verdict::stale) MUST(state == before);
    bool accepts = verdict == Verdict::accepted || verdict == Verdict::accepted_backup;
    if (!accepts) MUST(state.remembered == before.remembered);
    if (accepts && (entry.kind == Kind::rotate || entry.kind == Kind::forget)) MUST(state.remembered == State().remembered);
    if (entry.kind >= Kind::rotate) return;
    for (size_t i = 0; i < most_tokens; ++i) MUST(state.last[i] >= before.last[i]);
    MUST((state.used & before.used) == before.used);
    Verdict again = judge(state, entry);
    MUST(again != Verdict::accepted && again != Verdict::accepted_backup);
}
} // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size < entry_size) return 0;
    EntryBytes bytes;
    std::copy(data, data + entry_size, bytes.begin());
    Entry entry;
    Mark mark = read_entry(bytes, given::host(), given::account(), entry);
    if (mark == Mark::entry) check_entry(entry);
    for (size_t i = 0; i < 8; ++i) bytes[8 + i] = u8(given::key_id >> (8 * i)), bytes[240 + i] = u8(~bytes[8 + i]);
    for (size_t at : {109u, 110u, 111u, 189u}) bytes[at] = 0; // what is not used yet is zero
    bytes[108] &= 1;
    given::sign(bytes, given::host().newest(), given::account());
    mark = read_entry(bytes, given::host(), given::account(), entry);
    MUST(mark != Mark::foreign && mark != Mark::broken);
    if (mark == Mark::entry) {
        check_entry(entry), check_judged(entry);
        MUST(given::bytes_of_entry(entry) == bytes);
    }
    bytes[249] ^= 1;
    MUST(read_entry(bytes, given::host(), given::account(), entry) == Mark::nothing);
    return 0;
}
