// Base64 and gzip: how Kubernetes and helm wrap what they store.
#include <algorithm>
#include <array>
#include <iterator>
#include <limits>

#include <zlib.h>

#include "base/text.hpp"

namespace base {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t no_digit = 64;

constexpr std::array<std::uint8_t, 256> make_digits() {
    std::array<std::uint8_t, 256> digits{};
    digits.fill(no_digit);
    for (std::uint8_t value = 0; value < 64; ++value) {
        digits.at(static_cast<std::uint8_t>(alphabet[value])) = value;
    }
    return digits;
}

constexpr auto digits = make_digits();

// zlib's state, freed on every way out.
class Inflater {
public:
    // +16: gzip's header and no other.
    Inflater() : usable_(inflateInit2(&stream_, MAX_WBITS + 16) == Z_OK) {}
    ~Inflater() {
        if (usable_) {
            inflateEnd(&stream_);
        }
    }
    Inflater(const Inflater&) = delete;
    Inflater& operator=(const Inflater&) = delete;
    Inflater(Inflater&&) = delete;
    Inflater& operator=(Inflater&&) = delete;

    [[nodiscard]] bool usable() const { return usable_; }
    z_stream& stream() { return stream_; }

private:
    z_stream stream_{};
    bool usable_ = false;
};

}  // namespace

std::string base64_encode(std::string_view bytes) {
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t position = 0; position < bytes.size(); position += 3) {
        const std::string_view group = bytes.substr(position, 3);
        std::uint32_t bits = 0;
        for (std::size_t index = 0; index < 3; ++index) {
            bits = (bits << 8U) | (index < group.size() ? static_cast<std::uint8_t>(group[index]) : 0U);
        }
        for (std::size_t index = 0; index < 4; ++index) {
            text += index <= group.size() ? alphabet[(bits >> (18U - 6U * index)) & 0x3FU] : '=';
        }
    }
    return text;
}

Result<std::string> base64_decode(std::string_view text) {
    std::string clean;
    clean.reserve(text.size());
    std::ranges::copy_if(text, std::back_inserter(clean),
                         [](char c) { return c != ' ' && c != '\t' && c != '\r' && c != '\n'; });
    if (clean.size() % 4 != 0) {
        return fail(ErrorCode::protocol, "not base64: cut off, or without its padding");
    }
    const std::size_t padding = clean.ends_with("==") ? 2 : clean.ends_with('=') ? 1 : 0;
    std::replace(clean.end() - static_cast<std::ptrdiff_t>(padding), clean.end(), '=', 'A');
    std::string bytes;
    bytes.reserve(clean.size() / 4 * 3);
    std::uint32_t bits = 0;
    for (std::size_t position = 0; position < clean.size(); ++position) {
        const std::uint8_t digit = digits.at(static_cast<std::uint8_t>(clean[position]));
        if (digit == no_digit) {
            return fail(ErrorCode::protocol, "not base64: an unexpected character");
        }
        bits = (bits << 6U) | digit;
        if (position % 4 == 3) {
            bytes += {static_cast<char>((bits >> 16U) & 0xFFU), static_cast<char>((bits >> 8U) & 0xFFU),
                      static_cast<char>(bits & 0xFFU)};
            bits = 0;
        }
    }
    // What the padding stands for must be zero bits: one text for each value.
    for (std::size_t index = 0; index < padding; ++index) {
        if (bytes.back() != '\0') {
            return fail(ErrorCode::protocol, "not base64: stray bits before the padding");
        }
        bytes.pop_back();
    }
    return bytes;
}

Result<std::string> gzip(std::string_view bytes) {
    z_stream stream{};
    const bool small = bytes.size() <= std::numeric_limits<uInt>::max();
    if (!small ||
        deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        return fail(ErrorCode::io, "zlib cannot start");
    }
    std::string input(bytes);  // zlib takes no pointer to const
    std::string result(deflateBound(&stream, static_cast<uLong>(input.size())), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(input.data());
    stream.avail_in = static_cast<uInt>(input.size());
    stream.next_out = reinterpret_cast<Bytef*>(result.data());
    stream.avail_out = static_cast<uInt>(result.size());
    const int state = deflate(&stream, Z_FINISH);  // the bound is what one call may need
    result.resize(stream.total_out);
    deflateEnd(&stream);
    if (state != Z_STREAM_END) {
        return fail(ErrorCode::io, "zlib failed");
    }
    return result;
}

Result<std::string> gunzip(std::string_view bytes, std::size_t limit) {
    if (bytes.size() > std::numeric_limits<uInt>::max()) {
        return fail(ErrorCode::protocol, "gzip data is too large");
    }
    Inflater inflater;
    if (!inflater.usable()) {
        return fail(ErrorCode::io, "zlib cannot start");
    }
    z_stream& stream = inflater.stream();
    std::string input(bytes);  // zlib takes no pointer to const
    stream.next_in = reinterpret_cast<Bytef*>(input.data());
    stream.avail_in = static_cast<uInt>(input.size());
    std::string result;
    std::array<char, std::size_t{64} * 1024> chunk{};
    while (true) {
        stream.next_out = reinterpret_cast<Bytef*>(chunk.data());
        stream.avail_out = static_cast<uInt>(chunk.size());
        const int state = inflate(&stream, Z_NO_FLUSH);
        const std::size_t produced = chunk.size() - stream.avail_out;
        if (produced > limit - result.size()) {
            return fail(ErrorCode::protocol, "gzip data grows beyond " + human_bytes(limit));
        }
        result.append(chunk.data(), produced);
        if (state == Z_STREAM_END) {
            if (stream.avail_in == 0) {
                return result;
            }
            inflateReset(&stream);  // RFC 1952 §2.2: members one after the other
        } else if (state != Z_OK) {
            return fail(ErrorCode::protocol, state == Z_BUF_ERROR ? "gzip data is cut off" : "not gzip data");
        }
    }
}

}  // namespace base
