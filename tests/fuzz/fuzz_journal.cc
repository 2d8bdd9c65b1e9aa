// SPDX-License-Identifier: Apache-2.0
// The journal's own reading and writing, over a file in memory: writers that looked long ago, void bytes, and
// blocks that are freed meanwhile. Each is told what one judge would tell who sees all entries in order.
#include "operations.h"
#include "store/journal.h"
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

using namespace totp;

namespace {
constexpr size_t writers = 3;

const Host& host() {
    static Host host;
    if (host.keyring.sets.empty()) given::make_keyring(host.keyring, {given::key_id});
    return host;
}

/// A file in memory that each writer has open for itself.
struct World {
    Fd file{memfd_create("journal", MFD_CLOEXEC)};
    std::array<Journal, writers> open;
    State model;
    fuzz::Promises promises;

    World() {
        std::string path = "/proc/self/fd/" + std::to_string(file.get());
        for (Journal& j : open) j.fd = Fd(::open(path.c_str(), O_RDWR | O_APPEND | O_CLOEXEC));
        Entry first;
        first.kind = Kind::rotate;
        first.key = given::key_id;
        first.next = 77;
        first.time = given::noon;
        put(given::bytes_of_entry(first, host().keyring));
        (void)judge(model, first);
        for (Journal& j : open) load(j);
    }
    void put(Bytes bytes) { MUST(write(open[0].fd.get(), bytes.data(), bytes.size()) == ssize_t(bytes.size())); }

    void load(Journal& j) {
        MUST(load_journal(host(), given::account(), j) == Error::none);
        MUST(j.folded.state == model);
    }
    void append(Journal& j, const Entry& entry) {
        Verdict verdict = Verdict::none;
        State state;
        MUST(totp::append(host(), given::account(), j, entry, verdict, state) == Error::none);
        MUST(verdict == judge(model, entry));
        MUST(state == model && j.folded.state == model);
        promises.note(entry, verdict);
        promises.check(model);
    }
};

void append_many(World& w, Journal& j, int count) {
    Entry wrong;
    wrong.form = Form::two_codes;
    wrong.credential = w.model.credential;
    wrong.time = given::noon;
    while (count-- > 0) w.append(j, wrong);
}

void put_void(FuzzedDataProvider& input, World& w) {
    size_t count = input.ConsumeIntegralInRange<size_t>(0, 30000);
    w.put(std::vector<u8>(count, input.ConsumeIntegral<u8>()));
}
} // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    FuzzedDataProvider input(data, size);
    World world;
    u64 time = given::noon;
    for (int steps = 0; steps < 40 && input.remaining_bytes() > 0; ++steps) {
        Journal& j = world.open[input.ConsumeIntegralInRange<size_t>(0, writers - 1)];
        time += input.ConsumeIntegralInRange<u64>(0, 3) * 500;
        switch (input.ConsumeIntegralInRange<int>(0, 9)) {
        case 0: put_void(input, world); break;
        case 1: append_many(world, j, input.ConsumeIntegralInRange<int>(1, 80)); break;
        case 2: world.load(j); break;
        default: world.append(j, fuzz::chosen_entry(input, j.folded.state, time));
        }
    }
    world.load(world.open[0]);
    return 0;
}
