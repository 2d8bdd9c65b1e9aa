// SPDX-License-Identifier: Apache-2.0
#include "sealed.h"
#include "random.h"
#include <openssl/evp.h>
#include <string.h>

namespace totp {
namespace {
constexpr size_t nonce_size = 12, tag_size = 16;

/// An EVP_CIPHER_CTX that is freed, and wiped by that, on every way out.
struct Cipher {
    EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
    Cipher() = default;
    ~Cipher() { EVP_CIPHER_CTX_free(context); }
    Cipher(const Cipher&) = delete;
    Cipher& operator=(const Cipher&) = delete;
};

bool encrypt(Bytes key, Bytes nonce, Bytes head, Bytes text, u8* sealed, u8* tag) {
    Cipher c;
    int done = 0;
    return c.context && EVP_EncryptInit_ex(c.context, EVP_aes_256_gcm(), nullptr, key.data(), nonce.data()) == 1 &&
           EVP_EncryptUpdate(c.context, nullptr, &done, head.data(), int(head.size())) == 1 &&
           EVP_EncryptUpdate(c.context, sealed, &done, text.data(), int(text.size())) == 1 &&
           EVP_EncryptFinal_ex(c.context, sealed + done, &done) == 1 &&
           EVP_CIPHER_CTX_ctrl(c.context, EVP_CTRL_GCM_GET_TAG, int(tag_size), tag) == 1;
}

/// Error::credential_damaged when the seal does not hold, and only then.
Error decrypt(Bytes key, Bytes nonce, Bytes head, Bytes sealed, const u8* tag, u8* text) {
    Cipher c;
    int done = 0;
    std::array<u8, tag_size> expected;
    memcpy(expected.data(), tag, tag_size);
    bool ready = c.context && EVP_DecryptInit_ex(c.context, EVP_aes_256_gcm(), nullptr, key.data(), nonce.data()) == 1 &&
                 EVP_DecryptUpdate(c.context, nullptr, &done, head.data(), int(head.size())) == 1 &&
                 EVP_DecryptUpdate(c.context, text, &done, sealed.data(), int(sealed.size())) == 1 &&
                 EVP_CIPHER_CTX_ctrl(c.context, EVP_CTRL_GCM_SET_TAG, int(tag_size), expected.data()) == 1;
    if (!ready) return Error::crypto;
    return EVP_DecryptFinal_ex(c.context, text + done, &done) == 1 ? Error::none : Error::credential_damaged;
}
} // namespace

Error seal(const Credential& credential, const Head& head, const Keyring& keyring, const Account& account,
           std::span<u8, longest_sealed> file, size_t& size) {
    const KeySet* set = keyring.find(head.key);
    if (!set) return Error::key_unknown;
    Secret<longest_credential> text;
    Room room = text.fill(longest_credential);
    Writer body({reinterpret_cast<char*>(room.data()), room.size()});
    write_credential(credential, body);
    Writer line({reinterpret_cast<char*>(file.data()), longest_head});
    write_head(head, account, line);
    if (!body.ok() || !line.ok()) return Error::full;
    Bytes clear = bytes_of(line.view());
    u8* nonce = file.data() + clear.size();
    u8* sealed = nonce + nonce_size;
    u8* tag = sealed + body.view().size();
    size = clear.size() + nonce_size + body.view().size() + tag_size;
    bool done = random_bytes({nonce, nonce_size}) && encrypt(set->sealing.reveal(), {nonce, nonce_size}, clear,
                                                             bytes_of(body.view()), sealed, tag);
    return done ? Error::none : Error::crypto;
}

Error unseal(Bytes file, u64 id, const Keyring& keyring, const Account& account, Head& head,
             Credential& credential) {
    string_view rest = text_of(file), line = next_line(rest);
    size_t clear = line.size() + 1;
    if (clear > longest_head || file.size() < clear + nonce_size + tag_size) return Error::credential_damaged;
    Error error = read_head(line, account, head);
    if (error != Error::none) return error;
    if (head.id != id) return Error::credential_foreign;
    const KeySet* set = keyring.find(head.key);
    if (!set) return Error::key_unknown;
    Bytes nonce = file.subspan(clear, nonce_size);
    Bytes sealed = file.subspan(clear + nonce_size, file.size() - clear - nonce_size - tag_size);
    Secret<longest_credential> text;
    Room room = text.fill(sealed.size());
    if (room.size() != sealed.size()) return Error::credential_damaged;
    error = decrypt(set->sealing.reveal(), nonce, file.first(clear), sealed, file.data() + file.size() - tag_size,
                    room.data());
    return error == Error::none ? read_credential(text.reveal_text(), credential) : error;
}

} // namespace totp
