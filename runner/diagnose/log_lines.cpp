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
constexpr std::size_t longest_line = 4096;
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

LogLine read(std::string_view raw) {
    LogLine line{.level = {}, .time = {}, .all = std::string(raw.substr(0, longest_line)), .shown = {}};
    const auto json = parsed(line.all);
    if (!json) {
        line.shown = quoted(line.all, longest_shown);
        return line;
    }
    line.level = quoted(text_of(*json, "level"), 16);
    line.time = model::parse_timestamp(text_of(*json, "ts"));
    line.shown = (line.level.empty() ? "" : line.level + ": ") + text_of(*json, "msg");
    if (const auto error = text_of(*json, "error"); !error.empty() && !line.shown.contains(error)) {
        line.shown += ": " + error;
    }
    line.shown = quoted(line.shown, longest_shown);
    return line;
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

}  // namespace diagnose
