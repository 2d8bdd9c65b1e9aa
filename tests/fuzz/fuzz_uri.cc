// SPDX-License-Identifier: Apache-2.0
// otpauth URIs of any token, issuer and account: taken apart by RFC 3986 they give all of it back.
#include "core/base32.h"
#include "core/uri.h"
#include "fuzz.h"
#include <fuzzer/FuzzedDataProvider.h>
#include <map>

using namespace totp;

namespace {
std::string decoded(string_view part) {
    std::string text;
    for (size_t i = 0; i < part.size(); ++i) {
        std::array<u8, 1> byte{u8(part[i])};
        if (part[i] == '%') MUST(read_hex(slice(part, i + 1, 2), byte)), i += 2;
        text += char(byte[0]);
    }
    return text;
}

/// `name=value` pairs with `&` between.
std::map<std::string, std::string> parameters(string_view query) {
    std::map<std::string, std::string> found;
    while (!query.empty()) {
        string_view pair = slice(query, 0, query.find('&'));
        query = slice(query, pair.size() + 1);
        size_t equals = pair.find('=');
        MUST(equals != string_view::npos && found.emplace(pair.substr(0, equals), decoded(slice(pair, equals + 1))).second);
    }
    return found;
}

std::string value(const std::map<std::string, std::string>& of, const char* name, const char* by_default) {
    auto at = of.find(name);
    return at == of.end() ? by_default : at->second;
}
} // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    FuzzedDataProvider input(data, size);
    Token token;
    token.type = input.ConsumeBool() ? Type::hotp : Type::totp;
    token.hash = Hash(input.ConsumeIntegralInRange<u8>(0, 2));
    token.digits = input.ConsumeIntegralInRange<unsigned>(least_digits, most_digits);
    token.period = input.ConsumeIntegralInRange<unsigned>(least_period, most_period);
    auto counter = input.ConsumeIntegral<u64>();
    auto key = input.ConsumeBytes<u8>(input.ConsumeIntegralInRange<size_t>(least_key, most_key));
    if (key.empty()) return 0;
    (void)token.key.assign(key);
    std::string issuer = input.ConsumeRandomLengthString(64), account = input.ConsumeRandomLengthString(255);
    auto write = [&](const Token& t, Writer& out) { write_uri(t, issuer, account, counter, out); };
    std::string uri = fuzz::written(write, token);

    MUST(uri.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~@%:/?&=") == uri.npos);
    std::string head = std::string("otpauth://") + std::string(word(token.type)) + "/";
    size_t question = uri.find('?'), colon = uri.find(':', head.size());
    MUST(uri.starts_with(head) && question != uri.npos && colon < question);
    MUST(decoded(string_view(uri).substr(head.size(), colon - head.size())) == issuer);
    MUST(decoded(string_view(uri).substr(colon + 1, question - colon - 1)) == account);
    auto found = parameters(string_view(uri).substr(question + 1));
    Secret<64> again;
    MUST(read_base32(found["secret"], again) && equal_secrets(again.reveal(), key) && found["issuer"] == issuer);
    MUST(value(found, "digits", "6") == std::to_string(token.digits));
    if (token.type == Type::totp) MUST(value(found, "period", "30") == std::to_string(token.period));
    if (token.type == Type::hotp) MUST(value(found, "counter", "") == std::to_string(counter));
    MUST(value(found, "algorithm", "SHA1") == (token.hash == Hash::sha1 ? "SHA1" : token.hash == Hash::sha256 ? "SHA256" : "SHA512"));
    return 0;
}
