// SPDX-License-Identifier: Apache-2.0
#include "picture.h"
#include "command.h"
#include "text.h"
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <png.h>
#include <unistd.h>

namespace totp {
namespace {
constexpr int quiet = 4, scale = 8;

[[noreturn]] void fail(const std::string& path, const std::string& why) {
    throw Stop(exit_refused, text("%1: %2; nothing was changed", {path, why}));
}

SecretBytes pixels_of(const Modules& code, int side) {
    SecretBytes pixels(size_t(side) * size_t(side), 255);
    for (int y = 0; y < side; ++y) {
        for (int x = 0; x < side; ++x) {
            if (code.is_dark(x / scale - quiet, y / scale - quiet)) pixels[size_t(y) * size_t(side) + size_t(x)] = 0;
        }
    }
    return pixels;
}

/// One path: a run of dark modules is one rectangle.
SecretText path_of(const Modules& code) {
    SecretText path;
    for (int y = 0; y < code.width; ++y) {
        for (int x = 0, end = 0; x < code.width; x = end) {
            for (end = x + 1; end < code.width && code.is_dark(end, y) == code.is_dark(x, y);) ++end;
            if (!code.is_dark(x, y)) continue;
            std::string run = std::to_string(end - x);
            path += "M" + std::to_string(x + quiet) + " " + std::to_string(y + quiet);
            path += "h" + run + "v1h-" + run + "z";
        }
    }
    return path;
}
} // namespace

Pictures::~Pictures() {
    for (const std::string& path : made_) (void)unlink(path.c_str());
}

void Pictures::write(const std::string& path, string_view bytes) {
    int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) fail(path, std::strerror(errno));
    made_.push_back(path);
    while (!bytes.empty()) {
        ssize_t put = ::write(fd, bytes.data(), bytes.size());
        if (put <= 0) break;
        bytes.remove_prefix(size_t(put));
    }
    int why = errno;
    bool closed = close(fd) == 0;
    if (!bytes.empty() || !closed) fail(path, std::strerror(closed ? why : errno));
}

void Pictures::write_png(const QrCode& code, const std::string& path) {
    if (!code) fail(path, text("the address is too long for a QR code"));
    int side = (code.modules().width + 2 * quiet) * scale;
    SecretBytes pixels = pixels_of(code.modules(), side);
    png_image image = {};
    image.version = PNG_IMAGE_VERSION;
    image.width = image.height = png_uint_32(side);
    image.format = PNG_FORMAT_GRAY;
    png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
    SecretBytes file(size);
    bool made = png_image_write_to_memory(&image, file.data(), &size, 0, pixels.data(), 0, nullptr) != 0;
    if (!made) fail(path, image.message);
    write(path, text_of(Bytes(file).first(size)));
}

void Pictures::write_svg(const QrCode& code, const std::string& path) {
    if (!code) fail(path, text("the address is too long for a QR code"));
    int side = code.modules().width + 2 * quiet;
    std::string box = std::to_string(side), shown = std::to_string(side * scale);
    SecretText file = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 ";
    file += box + " " + box + "\" width=\"" + shown + "\" height=\"" + shown +
            "\" shape-rendering=\"crispEdges\">";
    file += "<rect width=\"" + box + "\" height=\"" + box + "\" fill=\"#fff\"/><path d=\"";
    file += path_of(code.modules());
    file += "\"/></svg>\n";
    write(path, file);
}

} // namespace totp
