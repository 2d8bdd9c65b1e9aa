// SPDX-License-Identifier: Apache-2.0
#include "qr.h"
#include "core/secret.h"
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <png.h>
#include <qrencode.h>
#include <unistd.h>
#include <vector>

namespace totp {
namespace {
constexpr int quiet_text = 2, quiet_picture = 4, scale = 8;

/// libqrencode's code, and whether a module of it is dark.
class Code {
  public:
    explicit Code(string_view uri) {
        std::string text(uri);
        code_.reset(QRcode_encodeString(text.c_str(), 0, QR_ECLEVEL_L, QR_MODE_8, 1));
        OPENSSL_cleanse(text.data(), text.size());
    }
    explicit operator bool() const { return code_ != nullptr; }
    int width() const { return code_->width; }
    bool dark(int x, int y) const {
        return x >= 0 && y >= 0 && x < width() && y < width() && (code_->data[y * width() + x] & 1);
    }

  private:
    std::unique_ptr<QRcode, void (*)(QRcode*)> code_{nullptr, QRcode_free};
};

std::string half_blocks(const Code& code, bool colour) {
    // Light modules are drawn, so that it is right on a dark background even without colours.
    const char* blocks[] = {"█", "▀", "▄", " "}; // upper dark: 2, lower dark: 1
    std::string text;
    for (int y = -quiet_text; y < code.width() + quiet_text; y += 2) {
        if (colour) text += "\033[38;5;231;48;5;16m";
        for (int x = -quiet_text; x < code.width() + quiet_text; ++x) {
            bool upper = code.dark(x, y), lower = code.dark(x, y + 1) || y + 1 >= code.width() + quiet_text;
            text += blocks[(upper ? 2 : 0) + (lower ? 1 : 0)];
        }
        text += colour ? "\033[0m\n" : "\n";
    }
    return text;
}

std::string two_columns(const Code& code) {
    std::string text;
    for (int y = -quiet_text; y < code.width() + quiet_text; ++y) {
        for (int x = -quiet_text; x < code.width() + quiet_text; ++x) text += code.dark(x, y) ? "  " : "##";
        text += '\n';
    }
    return text;
}

/// A new file that nobody else can read.
FILE* create(const std::string& path, std::string& reason) {
    int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    FILE* file = fd < 0 ? nullptr : fdopen(fd, "w");
    if (!file) reason = path + ": " + std::strerror(errno);
    return file;
}

bool finish(FILE* file, bool written, const std::string& path, std::string& reason) {
    bool closed = fclose(file) == 0;
    if (!written || !closed) reason = path + ": " + std::strerror(errno);
    return written && closed;
}
} // namespace

std::string qr_text(string_view uri, bool colour, bool utf8, unsigned columns) {
    Code code(uri);
    if (!code) return "";
    unsigned wide = unsigned(code.width() + 2 * quiet_text) * (utf8 ? 1 : 2);
    if (wide > columns) return "";
    return utf8 ? half_blocks(code, colour) : two_columns(code);
}

bool write_qr_png(string_view uri, const std::string& path, std::string& reason) {
    Code code(uri);
    FILE* file = code ? create(path, reason) : nullptr;
    if (!file) return false;
    int side = (code.width() + 2 * quiet_picture) * scale;
    std::vector<png_byte> pixels(size_t(side) * size_t(side), 255);
    for (int y = 0; y < side; ++y) {
        for (int x = 0; x < side; ++x) {
            if (code.dark(x / scale - quiet_picture, y / scale - quiet_picture)) pixels[size_t(y * side + x)] = 0;
        }
    }
    png_image image = {};
    image.version = PNG_IMAGE_VERSION;
    image.width = image.height = png_uint_32(side);
    image.format = PNG_FORMAT_GRAY;
    bool written = png_image_write_to_stdio(&image, file, 0, pixels.data(), 0, nullptr) != 0;
    OPENSSL_cleanse(pixels.data(), pixels.size());
    return finish(file, written, path, reason);
}

bool write_qr_svg(string_view uri, const std::string& path, std::string& reason) {
    Code code(uri);
    FILE* file = code ? create(path, reason) : nullptr;
    if (!file) return false;
    int side = code.width() + 2 * quiet_picture;
    bool written = fprintf(file,
                           "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" "
                           "shape-rendering=\"crispEdges\"><rect width=\"%d\" height=\"%d\" fill=\"#fff\"/><path d=\"",
                           side, side, side * scale, side * scale, side, side) > 0;
    for (int y = 0; y < code.width(); ++y) {
        for (int x = 0; x < code.width(); ++x) {
            if (code.dark(x, y)) written = fprintf(file, "M%d %dh1v1h-1z", x + quiet_picture, y + quiet_picture) > 0 && written;
        }
    }
    written = fprintf(file, "\"/></svg>\n") > 0 && written;
    return finish(file, written, path, reason);
}

} // namespace totp
