#include "base/redaction.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace base {
namespace {

constexpr std::size_t shortest_secret = 4;
constexpr std::size_t shortest_line = 8;

bool is_alphanumeric(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (static_cast<unsigned char>(c) >= 0x80);
}

// Masking these everywhere would destroy the log and protect nothing.
bool is_trivial(std::string_view value) {
    constexpr std::array words{"true", "false", "null", "none"};
    const bool number = value.find_first_not_of("0123456789") == std::string_view::npos;
    return value.size() < shortest_secret || (number && value.size() < 6) ||
           std::ranges::find(words, lower(value)) != words.end() || std::ranges::none_of(value, is_alphanumeric);
}

// The part of a line of a longer secret that is a secret by itself; empty: none.
std::string secret_part(std::string line) {
    if (line.starts_with("-----")) {
        return {};
    }
    const std::size_t colon = line.find(':');
    const bool has_key = colon != std::string::npos &&
                         (colon + 1 == line.size() || line[colon + 1] == ' ' || (colon > 0 && line[colon - 1] == '"'));
    if (has_key) {
        constexpr std::string_view dressing = " \"',";
        const std::string key = line.substr(0, colon);
        if (!names_a_secret(trim(replace_all(key, "\"", "")))) {
            return {};
        }
        const std::size_t first = line.find_first_not_of(dressing, colon + 1);
        if (first == std::string::npos) {
            return {};
        }
        line = line.substr(first, line.find_last_not_of(dressing) - first + 1);
    }
    return line.size() >= shortest_line ? line : std::string();
}

// Base64 of a text that the secret stands in, wherever it begins there: what the bits of the
// secret alone decide. Its ends, up to five bits, depend on the neighbours.
std::string base64_inside(std::string_view secret, std::size_t bytes_before) {
    constexpr std::size_t bits_of_digit = 6;
    const std::string encoded = base64_encode(std::string(bytes_before, '\0').append(secret));
    const std::size_t begin = (8 * bytes_before + bits_of_digit - 1) / bits_of_digit;
    const std::size_t end = 8 * (bytes_before + secret.size()) / bits_of_digit;
    return encoded.substr(begin, end - begin);
}

}  // namespace

void Redactor::remember(std::string_view secret) {
    if (is_trivial(secret) || std::ranges::find(secrets_, secret) != secrets_.end()) {
        return;
    }
    const auto place =
        std::ranges::find_if(secrets_, [secret](const std::string& other) { return other.size() < secret.size(); });
    secrets_.emplace(place, secret);
}

void Redactor::add(std::string_view secret) {
    const std::string value = trim(secret);
    if (is_trivial(value)) {
        return;
    }
    const std::lock_guard lock(mutex_);
    remember(value);
    if (value.find('\n') != std::string::npos) {
        for (std::string& line : nonempty_lines(value)) {
            remember(secret_part(std::move(line)));
        }
    }
    // As Kubernetes stores it, as "echo | base64" makes it, and where the padding was left out.
    for (const std::string& form : {value, value + "\n", std::string(secret)}) {
        const std::string encoded = base64_encode(form);
        remember(encoded);
        // In lines, as openssl (64) and base64 (76 columns) break it.
        for (const std::size_t columns : {std::size_t{64}, std::size_t{76}}) {
            for (std::size_t begin = 0; encoded.size() > columns && begin < encoded.size(); begin += columns) {
                if (auto line = encoded.substr(begin, columns); line.size() >= shortest_line) {
                    remember(std::move(line));
                }
            }
        }
        remember(encoded.substr(0, encoded.find('=')));
    }
    // Within something larger in base64: "user:password", a whole YAML file.
    for (std::size_t bytes_before = 0; bytes_before < 3; ++bytes_before) {
        if (std::string inside = base64_inside(value, bytes_before); inside.size() >= shortest_line) {
            remember(inside);
        }
    }
    // As a text in quotes: JSON's and YAML's double ones, YAML's single ones.
    remember(replace_all(replace_all(value, "\\", "\\\\"), "\"", "\\\""));
    remember(replace_all(value, "'", "''"));
}

std::string Redactor::redact(std::string_view text) const {
    // Marked first and replaced afterwards: of two secrets that overlap no part survives.
    std::vector<bool> marked;
    {
        const std::lock_guard lock(mutex_);
        for (const std::string& secret : secrets_) {
            for (std::size_t hit = text.find(secret); hit != std::string_view::npos; hit = text.find(secret, hit + 1)) {
                marked.resize(text.size());
                std::fill_n(marked.begin() + static_cast<std::ptrdiff_t>(hit), secret.size(), true);
            }
        }
    }
    if (marked.empty()) {
        return std::string(text);
    }
    std::string result;
    for (std::size_t index = 0; index < text.size(); ++index) {
        if (!marked[index]) {
            result += text[index];
        } else if (index == 0 || !marked[index - 1]) {
            result += "***";
        }
    }
    return result;
}

std::vector<std::string> Redactor::values() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> lines;
    std::ranges::copy_if(secrets_, std::back_inserter(lines),
                         [](const std::string& secret) { return secret.find('\n') == std::string::npos; });
    return lines;
}

}  // namespace base
