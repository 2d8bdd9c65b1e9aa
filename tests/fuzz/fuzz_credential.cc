// SPDX-License-Identifier: Apache-2.0
// A credential's head line and text: whatever is read is written back so that it reads the same, and sealing it
// changes nothing.
#include "../unit/given.h"
#include "fuzz.h"
#include "store/sealed.h"

using namespace totp;

namespace {
void check_bounds(const Credential& credential) {
    for (const Token& t : credential.tokens) {
        MUST(fits_as_token_name(t.name.view()) && t.key.size() >= least_key && t.key.size() <= most_key);
        MUST(t.digits >= least_digits && t.digits <= most_digits);
        MUST(t.period >= least_period && t.period <= most_period);
    }
    MUST(credential.backup.digests.empty() || credential.backup.rounds > 0);
}

void check_sealed(const Credential& credential, const std::string& text) {
    static std::array<u8, longest_sealed> file;
    Credential again;
    Head head{given::key_id, 77, 5}, read;
    size_t size = 0;
    if (text.size() > longest_credential) return;
    MUST(seal(credential, head, given::host(), given::account(), file, size) == Error::none);
    MUST(unseal(Bytes(file).first(size), 77, given::host(), given::account(), read, again) == Error::none);
    MUST(fuzz::written(write_credential, again) == text && read.replaces == 5);
}

void check_head(string_view line) {
    Head head, again;
    auto write = [](const Head& h, Writer& out) { write_head(h, given::account(), out); };
    if (read_head(line, given::account(), head) != Error::none) return;
    MUST(in_force(head.id));
    std::string text = fuzz::written(write, head);
    MUST(text.size() <= longest_head && text.back() == '\n');
    text.pop_back();
    MUST(read_head(text, given::account(), again) == Error::none);
    MUST(again.key == head.key && again.id == head.id && again.replaces == head.replaces);
}
} // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    auto input = fuzz::exact(data, size);
    string_view text(input.get(), size);
    check_head(slice(text, 0, text.find('\n')));
    Credential credential, again;
    if (read_credential(text, credential) != Error::none) return 0;
    check_bounds(credential);
    std::string once = fuzz::written(write_credential, credential);
    MUST(read_credential(once, again) == Error::none);
    MUST(fuzz::written(write_credential, again) == once);
    check_sealed(credential, once);
    return 0;
}
