#include "etcd/prometheus_text.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

namespace etcd {
namespace {

constexpr std::size_t most_labels = 32;

// Takes pieces from the front of a line.
class Reader {
public:
    explicit Reader(std::string_view rest) : rest_(rest) {}

    void skip_blanks() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size())); }
    bool take(char expected) {
        if (rest_.empty() || rest_.front() != expected) {
            return false;
        }
        rest_.remove_prefix(1);
        return true;
    }
    std::string_view take_until(std::string_view ends) {
        const auto piece = rest_.substr(0, rest_.find_first_of(ends));
        rest_.remove_prefix(piece.size());
        return piece;
    }
    // A quoted text: \\, \" and \n stand for themselves.
    std::optional<std::string> take_quoted() {
        if (!take('"')) {
            return std::nullopt;
        }
        std::string text;
        while (!rest_.empty()) {
            const char c = rest_.front();
            rest_.remove_prefix(1);
            if (c == '"') {
                return text;
            }
            if (c == '\\' && !rest_.empty()) {
                text += rest_.front() == 'n' ? '\n' : rest_.front();
                rest_.remove_prefix(1);
            } else {
                text += c;
            }
        }
        return std::nullopt;
    }

private:
    std::string_view rest_;
};

bool read_labels(Reader& reader, Sample& sample) {
    if (!reader.take('{')) {
        return true;
    }
    for (;;) {
        reader.skip_blanks();
        if (reader.take('}')) {
            return true;
        }
        const auto name = reader.take_until("= \t}\",");
        reader.skip_blanks();
        if (name.empty() || !reader.take('=') || sample.labels.size() == most_labels) {
            return false;
        }
        reader.skip_blanks();
        auto value = reader.take_quoted();
        if (!value) {
            return false;
        }
        sample.labels.emplace_back(name, std::move(*value));
        reader.skip_blanks();
        if (!reader.take(',')) {
            reader.skip_blanks();
            return reader.take('}');
        }
    }
}

std::optional<double> number(std::string_view text) {
    if (text == "+Inf") {
        return std::numeric_limits<double>::infinity();
    }
    if (text.starts_with('+')) {
        text.remove_prefix(1);
    }
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return value;
}

}  // namespace

std::string_view Sample::label(std::string_view key) const {
    for (const auto& [known, text] : labels) {
        if (known == key) {
            return text;
        }
    }
    return {};
}

void for_each_sample(std::string_view text, const std::function<bool(std::string_view name)>& wanted,
                     const std::function<void(const Sample&)>& on_sample) {
    while (!text.empty()) {
        const auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        Reader reader(line);
        reader.skip_blanks();
        if (reader.take('#')) {
            continue;
        }
        Sample sample;
        sample.name = reader.take_until("{ \t");
        if (sample.name.empty() || !wanted(sample.name) || !read_labels(reader, sample)) {
            continue;
        }
        reader.skip_blanks();
        if (const auto value = number(reader.take_until(" \t\r"))) {
            sample.value = *value;
            on_sample(sample);
        }
    }
}

}  // namespace etcd
