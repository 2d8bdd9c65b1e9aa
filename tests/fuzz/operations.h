// SPDX-License-Identifier: Apache-2.0
// A person's entries as a fuzzer's input chooses them, and what may never happen to their codes.
#pragma once
#include "../unit/journal.h"
#include "fuzz.h"
#include <fuzzer/FuzzedDataProvider.h>
#include <set>
#include <utility>

namespace totp::fuzz {

constexpr size_t devices = 3; ///< slots that are in use; each holds a device, which a rotate may move or replace

/// Which device is in which slot, by a number that never comes back; and the codes that were accepted of it.
class Promises {
  public:
    /// After an entry whose writer was told `verdict`.
    void note(const Entry& entry, Verdict verdict) {
        if (entry.kind == Kind::rotate && verdict == Verdict::accepted) move_devices(entry);
        if (entry.kind == Kind::right && verdict == Verdict::accepted) {
            for (size_t slot = 0; slot < devices; ++slot) {
                u32 counter = entry.spent[slot];
                if (counter) MUST(accepted_.emplace(device_[slot], counter).second); // once
            }
        }
        if (verdict == Verdict::accepted_backup) MUST(codes_.emplace(set_, entry.backup_index).second);
    }
    /// What was accepted is spent in `state`, which folds at least everything noted.
    void check(const State& state) const {
        for (size_t slot = 0; slot < devices; ++slot) {
            auto last = accepted_.lower_bound({device_[slot] + 1, 0});
            if (last == accepted_.begin() || (--last)->first != device_[slot]) continue;
            MUST(state.last[slot] >= last->second);
        }
        for (auto [set, index] : codes_) MUST(set != set_ || (state.used & 1u << index));
    }

  private:
    void move_devices(const Entry& entry) {
        std::array<u32, most_tokens> moved{};
        for (size_t i = 0; i < most_tokens; ++i) {
            moved[i] = entry.continues[i] < most_tokens ? device_[entry.continues[i]] : ++newest_;
        }
        device_ = moved;
        if (entry.fresh_codes) ++set_;
    }
    std::array<u32, most_tokens> device_{0, 1, 2, 3, 4, 5, 6, 7};
    u32 newest_ = 7, set_ = 0;
    std::set<std::pair<u32, u32>> accepted_, codes_;
};

/// An entry as a login or a change makes it from `known`, what its writer has folded.
inline Entry chosen_entry(FuzzedDataProvider& input, const State& known, u64 time) {
    Entry entry;
    entry.kind = Kind(input.ConsumeIntegralInRange<u8>(1, u8(Kind::forget)));
    entry.form = entry.kind == Kind::backup ? Form::backup_code : Form(input.ConsumeIntegralInRange<u8>(1, 3));
    entry.caller = input.ConsumeBool() ? Caller::helper : Caller::root;
    entry.credential = known.credential;
    entry.time = time;
    entry.bucket = {3, 1000};
    if (entry.kind == Kind::backup) entry.backup_index = input.ConsumeIntegralInRange<u8>(0, 4);
    if (entry.kind == Kind::right) {
        entry.form = entry.form == Form::unfit ? Form::one_code : entry.form;
        size_t slot = input.ConsumeIntegralInRange<size_t>(0, devices - 1);
        entry.spent[slot] = known.last[slot] + input.ConsumeIntegralInRange<u32>(0, 3);
    }
    entry.remember.place = input.ConsumeIntegralInRange<u8>(0, 3);
    entry.remember.until = input.ConsumeIntegral<u32>();
    if (entry.kind == Kind::rotate) {
        entry.next = input.ConsumeIntegralInRange<u64>(1, 200);
        entry.fresh_codes = input.ConsumeBool();
        auto shift = input.ConsumeIntegralInRange<u8>(0, 2);
        for (u8 i = 0; i < devices; ++i) entry.continues[i] = input.ConsumeBool() ? u8((i + shift) % devices) : no_slot;
    }
    return entry;
}

} // namespace totp::fuzz
