// SPDX-License-Identifier: Apache-2.0
#include "facts.h"
#include "json.h"
#include "text.h"
#include <ctime>

namespace totp {
namespace {

/// Until when, one for each place.
std::string json_remembered(const RecordLine& record) {
    std::string out;
    for (u32 until : record.remembered) {
        if (until != 0) out += (out.empty() ? "" : ",") + json_time(until);
    }
    return "[" + out + "]";
}

SecretText json_token(const Token& t) {
    SecretText out = "{\"name\":" + json_string(t.name.view()) + ",\"type\":" + json_string(word(t.type));
    out += ",\"algorithm\":" + json_string(word(t.hash)) + ",\"digits\":";
    out += std::to_string(t.digits) + ",\"period\":" + std::to_string(t.period) + "}";
    return out;
}
} // namespace

bool Facts::take(string_view line) {
    Token token;
    if (!read_token_line(line, token)) return read_record_line(line, record);
    Token* place = tokens.grow();
    if (place) place->copy_from(token);
    return place != nullptr;
}

SecretText Facts::json(bool enrolled) const {
    SecretText out = enrolled ? "\"enrolled\":true,\"tokens\":[" : "\"enrolled\":false,\"tokens\":[";
    for (size_t i = 0; i < tokens.size(); ++i) {
        if (i > 0) out += ',';
        out += json_token(tokens[i]);
    }
    out += "],\"backup_codes_left\":" + std::to_string(record.codes_left);
    out += ",\"guesses_left\":" + std::to_string(record.guesses_left);
    out += ",\"last_login\":" + json_time(record.last_success);
    out += ",\"remembered\":" + json_remembered(record);
    out += ",\"recovery_until\":" + json_time(record.recovery_until);
    return out;
}

std::string json_time(u64 seconds) {
    if (seconds == 0) return "null";
    std::time_t time = std::time_t(seconds);
    std::tm parts = {};
    char room[64];
    gmtime_r(&time, &parts);
    return {room, std::strftime(room, sizeof room, "\"%Y-%m-%dT%H:%M:%SZ\"", &parts)};
}

std::string local_time(u32 seconds) {
    if (seconds == 0) return text("never");
    std::time_t time = std::time_t(seconds);
    std::tm parts = {};
    char room[64];
    localtime_r(&time, &parts);
    return {room, std::strftime(room, sizeof room, "%Y-%m-%d %H:%M:%S %Z", &parts)};
}

} // namespace totp
