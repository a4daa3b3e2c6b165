#include "diagnose/log_lines.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "diagnose/causes.hpp"
#include "model/timestamp.hpp"

namespace diagnose {
namespace {

using Json = nlohmann::json;

constexpr std::size_t most_lines = 2000;
constexpr std::size_t longest_line = 16384;  // a panic's has its stack trace
constexpr std::size_t longest_shown = 400;

std::string text_of(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// Lines of zap are flat; a parser that counts depth keeps hostile ones from mattering.
std::optional<Json> parsed(std::string_view line) {
    if (!line.starts_with('{')) {
        return std::nullopt;
    }
    bool too_deep = false;
    auto json = Json::parse(
        line,
        [&too_deep](int depth, Json::parse_event_t, Json&) {
            too_deep = too_deep || depth > 8;
            return !too_deep;
        },
        false);
    return json.is_object() && !too_deep ? std::optional(std::move(json)) : std::nullopt;
}

// Cut between words: of a secret nothing stays, or all, which whoever shows it hides.
std::string in_short(const std::string& text) {
    auto line = quoted(text, longest_line);
    if (line.size() <= longest_shown) {
        return line;
    }
    const auto blank = line.rfind(' ', longest_shown);
    return blank == std::string::npos ? std::string() : line.substr(0, blank) + " …";
}

LogLine read(std::string_view raw) {
    LogLine line{.level = {}, .time = {}, .all = std::string(raw.substr(0, longest_line)), .shown = {}, .message = {}};
    const auto json = parsed(line.all);
    if (!json) {
        line.shown = quoted(line.all, longest_shown);
        line.message = in_short(line.all);
        return line;
    }
    line.level = quoted(text_of(*json, "level"), 16);
    line.time = model::parse_timestamp(text_of(*json, "ts"));
    line.message = text_of(*json, "msg");
    if (const auto error = text_of(*json, "error"); !error.empty() && !line.message.contains(error)) {
        line.message += ": " + error;
    }
    line.shown = quoted((line.level.empty() ? "" : line.level + ": ") + line.message, longest_shown);
    line.message = in_short(line.message);
    return line;
}

// How much a line tells of an end; 0: nothing.
int weight_of(const LogLine& line) {
    if (line.level == "fatal" || line.level == "panic" || line.level == "dpanic") {
        return 4;
    }
    if (line.level == "error") {
        return 3;
    }
    if (line.level == "warn") {
        return 2;
    }
    if (!line.level.empty() || base::trim(line.message).empty()) {
        return 0;
    }
    // Go's own words, and the traces below them.
    const std::string_view text = line.all;
    if (text.starts_with("panic: ") || text.starts_with("fatal error: ")) {
        return 4;
    }
    const bool is_place = text.contains(".go:") && text.contains(" +0x");
    const bool is_call = text.contains("(0x") || text.contains("({0x") || text.contains("(...)");
    const bool is_main = text.ends_with("()") && !text.contains(' ');
    const bool is_trace =
        is_main || is_place || is_call || text.starts_with("goroutine ") || text.starts_with("created by ");
    return is_trace ? 0 : 1;
}

}  // namespace

std::vector<LogLine> log_lines(std::string_view text) {
    auto raw = base::nonempty_lines(text);
    if (raw.size() > most_lines) {
        raw.erase(raw.begin(), raw.end() - static_cast<std::ptrdiff_t>(most_lines));
    }
    std::vector<LogLine> lines;
    lines.reserve(raw.size());
    for (const auto& line : raw) {
        lines.push_back(read(line));
    }
    return lines;
}

const LogLine* telling_line(const std::vector<LogLine>& lines) {
    const LogLine* telling = nullptr;
    int most = 1;
    for (const auto& line : lines) {
        if (const int weight = weight_of(line); weight >= most) {
            most = weight;
            telling = &line;
        }
    }
    return telling;
}

}  // namespace diagnose
