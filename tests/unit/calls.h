// SPDX-License-Identifier: Apache-2.0
// Every call of the system and of libcrypto that the product makes, counted, and one of them made to fail. To be
// included by one file of a program. The names are hidden in it, so that only the product and the test go through
// here: neither libcrypto nor the C++ library does.
#pragma once
#include <cerrno>
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <functional>
#include <linux/fs.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <vector>

namespace calls {

/// What happens to one call.
struct Fault {
    size_t at = SIZE_MAX;              ///< its number among all, from 0
    int error = 0;                     ///< it fails with this errno and does nothing
    long count = -1;                   ///< or: it reads or writes so many bytes and no more
    std::function<void()> before = {}; ///< or: this happens right before it
    bool twists = false;               ///< or: the last byte that it reads is another one
    long filesystem = 0;               ///< or: it says that the file is on such a file system
};

inline Fault fault;
inline bool watching = false;
inline std::vector<std::string> made; ///< names, in order, while watching

/// Whether this very call is the one.
inline bool is_due(const char* name) {
    if (!watching) return false;
    made.push_back(name);
    return made.size() - 1 == fault.at;
}
inline bool fails(const char* name) {
    if (!is_due(name)) return false;
    if (fault.before) watching = false, fault.before(), watching = true;
    if (fault.error) errno = fault.error;
    return fault.error != 0;
}

/// Runs `what` with this fault; the calls it made are in `made`.
template <typename What> auto during(const Fault& planned, What what) {
    fault = planned;
    made.clear();
    watching = true;
    auto result = what();
    watching = false;
    return result;
}

template <typename Function> Function real(const char* name, Function) {
    return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

/// read, pread and write: an error, a short count, or a byte that is not what is on the disk.
template <typename Call> ssize_t transfer(const char* name, size_t count, void* twisted, Call call) {
    bool due = is_due(name);
    if (due && fault.before) watching = false, fault.before(), watching = true;
    if (due && fault.error) return errno = fault.error, -1;
    ssize_t done = call(due && fault.count >= 0 ? std::min(count, size_t(fault.count)) : count);
    if (due && fault.twists && done > 0) static_cast<unsigned char*>(twisted)[done - 1] ^= 1;
    return done;
}
} // namespace calls

// The label gives the function the name of the call without its declaration, whose attributes differ by version.
#define INTERPOSE_AS(SYMBOL, TYPE, NAME, PARAMETERS)                                                                   \
    extern "C" TYPE interposed_##NAME PARAMETERS asm(SYMBOL);                                                          \
    extern "C" TYPE interposed_##NAME PARAMETERS
#define INTERPOSE(TYPE, NAME, PARAMETERS, ARGUMENTS, FAILURE)                                                          \
    INTERPOSE_AS(#NAME, TYPE, NAME, PARAMETERS) {                                                                      \
        static auto next = calls::real(#NAME, &interposed_##NAME);                                                     \
        return calls::fails(#NAME) ? FAILURE : next ARGUMENTS;                                                         \
    }
#define TRANSFER(NAME, PARAMETERS, TWISTED, ...)                                                                       \
    INTERPOSE_AS(#NAME, ssize_t, NAME, PARAMETERS) {                                                                   \
        static auto next = calls::real(#NAME, &interposed_##NAME);                                                     \
        return calls::transfer(#NAME, count, TWISTED, [&](size_t n) { return next(__VA_ARGS__); });                    \
    }

TRANSFER(read, (int fd, void* to, size_t count), to, fd, to, n)
TRANSFER(pread, (int fd, void* to, size_t count, off_t at), to, fd, to, n, at)
TRANSFER(write, (int fd, const void* from, size_t count), nullptr, fd, from, n)
INTERPOSE(int, openat, (int at, const char* name, int flags, mode_t mode), (at, name, flags, mode), -1)
INTERPOSE(int, statx, (int at, const char* name, int flags, unsigned mask, struct statx* found),
          (at, name, flags, mask, found), -1)
INTERPOSE_AS("fstatfs", int, fstatfs, (int fd, struct statfs* found)) {
    static auto next = calls::real("fstatfs", &interposed_fstatfs);
    if (calls::fails("fstatfs")) return -1;
    int result = next(fd, found);
    bool is_due = calls::watching && calls::made.size() == calls::fault.at + 1;
    if (is_due && calls::fault.filesystem) found->f_type = calls::fault.filesystem;
    return result;
}
INTERPOSE(off_t, lseek, (int fd, off_t to, int whence), (fd, to, whence), -1)
INTERPOSE(int, fallocate, (int fd, int mode, off_t from, off_t size), (fd, mode, from, size), -1)
INTERPOSE(int, fcntl, (int fd, int what, long value), (fd, what, value), -1)
INTERPOSE(int, fchmod, (int fd, mode_t mode), (fd, mode), -1)
INTERPOSE(int, fchown, (int fd, uid_t owner, gid_t group), (fd, owner, group), -1)
INTERPOSE(int, chmod, (const char* name, mode_t mode), (name, mode), -1)
INTERPOSE(int, chown, (const char* name, uid_t owner, gid_t group), (name, owner, group), -1)
INTERPOSE(int, mkdir, (const char* name, mode_t mode), (name, mode), -1)
INTERPOSE(int, renameat2, (int from_at, const char* from, int to_at, const char* to, unsigned flags),
          (from_at, from, to_at, to, flags), -1)
INTERPOSE(int, unlinkat, (int at, const char* name, int flags), (at, name, flags), -1)
INTERPOSE(void*, mmap, (void* at, size_t size, int access, int flags, int fd, off_t from),
          (at, size, access, flags, fd, from), reinterpret_cast<void*>(-1))
INTERPOSE(DIR*, opendir, (const char* name), (name), nullptr)
INTERPOSE(dirent*, readdir, (DIR * list), (list), nullptr)

/// Attributes of a file: none, and the last that were set.
inline unsigned attributes = 0;
INTERPOSE_AS("ioctl", int, ioctl, (int, unsigned long what, unsigned* value)) {
    if (calls::fails("ioctl")) return -1;
    if (what == FS_IOC_GETFLAGS) return *value = 0, 0;
    return attributes = *value, 0;
}

// No power is lost here, so a flush need not happen; with it hundreds of cases would take minutes.
INTERPOSE_AS("fsync", int, fsync, (int)) { return calls::fails("fsync") ? -1 : 0; }
INTERPOSE_AS("fdatasync", int, fdatasync, (int)) { return calls::fails("fdatasync") ? -1 : 0; }

using Size = size_t;
using From = const unsigned char*;
INTERPOSE(int, EVP_MAC_init, (EVP_MAC_CTX * context, From key, size_t size, const OSSL_PARAM* chosen),
          (context, key, size, chosen), 0)
INTERPOSE(int, EVP_MAC_update, (EVP_MAC_CTX * context, From from, size_t size), (context, from, size), 0)
INTERPOSE(int, EVP_MAC_final, (EVP_MAC_CTX * context, unsigned char* to, size_t* size, size_t room),
          (context, to, size, room), 0)
INTERPOSE(int, RAND_priv_bytes, (unsigned char* bytes, int size), (bytes, size), 0)
INTERPOSE(int, EVP_Digest,
          (const void* data, Size size, unsigned char* digest, unsigned* length, const EVP_MD* hash, ENGINE* engine),
          (data, size, digest, length, hash, engine), 0)
INTERPOSE(int, PKCS5_PBKDF2_HMAC,
          (const char* text, int size, From salt, int salt_size, int rounds, const EVP_MD* hash, int length,
           unsigned char* key),
          (text, size, salt, salt_size, rounds, hash, length, key), 0)
INTERPOSE(EVP_CIPHER_CTX*, EVP_CIPHER_CTX_new, (), (), nullptr)
INTERPOSE(int, EVP_CIPHER_CTX_ctrl, (EVP_CIPHER_CTX * context, int what, int size, void* value),
          (context, what, size, value), 0)
INTERPOSE(int, EVP_EncryptInit_ex,
          (EVP_CIPHER_CTX * context, const EVP_CIPHER* cipher, ENGINE* engine, From key, From nonce),
          (context, cipher, engine, key, nonce), 0)
INTERPOSE(int, EVP_DecryptInit_ex,
          (EVP_CIPHER_CTX * context, const EVP_CIPHER* cipher, ENGINE* engine, From key, From nonce),
          (context, cipher, engine, key, nonce), 0)
INTERPOSE(int, EVP_EncryptUpdate, (EVP_CIPHER_CTX * context, unsigned char* to, int* done, From from, int size),
          (context, to, done, from, size), 0)
INTERPOSE(int, EVP_DecryptUpdate, (EVP_CIPHER_CTX * context, unsigned char* to, int* done, From from, int size),
          (context, to, done, from, size), 0)
INTERPOSE(int, EVP_EncryptFinal_ex, (EVP_CIPHER_CTX * context, unsigned char* to, int* done), (context, to, done), 0)
